/** Where an S3 bucket is and how it is spoken to. */
export interface S3StorageOptions {
  readonly bucket: string;
  /** Undefined: the one of the environment or the profile. */
  readonly region?: string;
  /** The address of a store that is not Amazon's, e.g. `https://minio.example.com:9000`. */
  readonly endpoint?: string;
  /** True: `endpoint/bucket/name`; false: `bucket.endpoint/name`. */
  readonly pathStyle: boolean;
  /** Undefined: the SDK's chain (environment, profile, single sign-on, web identity, container, machine). */
  readonly credentials?: S3Credentials;
  /** The profile of `~/.aws` that the chain uses. */
  readonly profile?: string;
  /** Undefined: as the bucket is set. */
  readonly encryption?: S3Encryption;
  /** A folder of this machine for temporary files; it is made when one is needed. */
  readonly spillFolder: string;
  /** Bytes that wait to be sent or are being sent, of all objects together; 64 MiB. */
  readonly memory?: number;
  /** Ends what is being staged. */
  readonly signal?: AbortSignal;
  /** How long to bear with a store that does not answer as it should. */
  readonly patience?: Partial<S3Patience>;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Encryption {
  readonly kind: 'AES256' | 'aws:kms';
  /** Undefined: the account's own key of S3. */
  readonly kmsKeyId?: string;
}

/** Times in milliseconds. */
export interface S3Patience {
  /** How often a request is made before it has failed. */
  readonly attempts: number;
  /** About how long to wait before the second attempt; before each further one three times as long. */
  readonly firstWait: number;
  readonly connectTimeout: number;
  /** How long a connection may be silent. */
  readonly idleTimeout: number;
  /** How long the parts of an object that failed or is given up may go on. */
  readonly grace: number;
}

/** Some 12 seconds of waiting in all, besides the requests themselves. */
export const PATIENCE: S3Patience = {
  attempts: 6,
  firstWait: 100,
  connectTimeout: 10_000,
  idleTimeout: 60_000,
  grace: 2000,
};
