#!/usr/bin/env node
import './check-node.js';

await import('./compile-cache.js');
await import('./main.ts');
