#!/usr/bin/env node
import './check-node.js';

// Nothing else may be imported before the check.
const { runCli } = await import('./program.ts');
process.exitCode = await runCli(process.argv.slice(2));
