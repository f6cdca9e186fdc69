const WARNING = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/**
 * Loads a part of the AWS SDK and makes a client of it. The SDK prints a warning on versions of Node that we support,
 * unless the environment says not to.
 */
export async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const { [WARNING]: before } = process.env;
  process.env[WARNING] = before ?? 'true';
  try {
    return await load();
  } finally {
    if (before === undefined) delete process.env[WARNING];
  }
}
