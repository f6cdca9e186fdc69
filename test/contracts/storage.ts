export { storageContract } from '../../src/contracts/storage.ts';
