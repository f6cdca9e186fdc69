/** For {@link awsEnvironment}. */
export interface AwsAccess {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** By the name that AWS_ENDPOINT_URL_<name> has for a service. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/**
 * The variables for a process that shall use these keys and endpoints, and nothing that the machine has: no profile,
 * no files of the user, no metadata service.
 */
export function awsEnvironment(access: AwsAccess): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: access.accessKey,
    AWS_SECRET_ACCESS_KEY: access.secretKey,
    AWS_REGION: access.region,
    AWS_DEFAULT_REGION: access.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    ...Object.fromEntries(
      Object.entries(access.endpoints).map(([service, url]) => [`AWS_ENDPOINT_URL_${service}`, url]),
    ),
  };
}

/** For the tests' own clients: the SDK warns of Node 20, which is the oldest that the project supports. */
export function noSdkWarning(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
}
