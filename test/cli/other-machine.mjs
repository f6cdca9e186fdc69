/*
 * Loaded before the program (NODE_OPTIONS=--import=…): what it takes for its machine is named TEST_HOST, and its clock
 * goes TEST_SPEED times faster, so that a lease is over soon.
 */
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import timers from 'node:timers/promises';

const { TEST_HOST = 'elsewhere', TEST_SPEED = '1' } = process.env;
const speed = Number(TEST_SPEED);
const { setTimeout } = timers;
const now = performance.now.bind(performance);

os.hostname = () => TEST_HOST;
timers.setTimeout = (milliseconds, ...rest) => setTimeout(milliseconds / speed, ...rest);
performance.now = () => now() * speed;
syncBuiltinESMExports();
