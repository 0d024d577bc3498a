// Plain JavaScript that any Node.js can read: an old one cannot read TypeScript, and crashes in better-sqlite3 without a word.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `Parley needs Node.js 24.12 or newer, and this is ${process.versions.node}.\n` +
      'In a clone, `npm ci` brings the right one along: use `npm start` or `npm run parley -- <command>`.\n' +
      'Elsewhere install it from https://nodejs.org.\n',
  );
  process.exit(1);
}
