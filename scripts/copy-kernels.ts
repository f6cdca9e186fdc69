/** Puts the compiled kernels beside the compiled module that loads them. */
import { copyFile } from 'node:fs/promises';

const file = 'kernels/kernels.wasm';
await copyFile(new URL(`../src/${file}`, import.meta.url), new URL(`../dist/${file}`, import.meta.url));
