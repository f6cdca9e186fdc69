export { ask, engineContract } from '../../src/contracts/engine.ts';
