import { matchesOf, type Find } from './find.ts';

/**
 * Keys and tokens by the shapes that their makers have documented for scanners. None begins in the middle of a word, so that a long word is read once.
 */
const shapes: readonly RegExp[] = [
  /(?<![\w-])sk-[\w-]{20,}/g, // OpenAI, Anthropic, OpenRouter and others
  /(?<![\w-])(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}|glpat-[\w-]{20,})/g,
  /(?<![\w-])(?:xox[abeprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,})/g,
  /(?<![\w-])(?:AKIA|ASIA)[A-Z0-9]{16}(?!\w)/g,
  /(?<![\w-])AIza[\w-]{35}/g,
  /(?<![\w-])(?:[srp]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{16,})/g,
  /(?<![\w-])SG\.[\w-]{16,}\.[\w-]{16,}/g,
  /(?<![\w-])(?:hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|dop_v1_[a-f0-9]{64})/g,
  /(?<![\w-])ya29\.[\w-]{20,}/g,
  /(?<![\w-])[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.[\w-]{27,}/g, // Discord
  /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g, // JWT
];

/** The value alone goes, so that the model still reads what it is. */
const named: readonly RegExp[] = [
  /\bBearer[ \t]{1,4}([\w.~+/=-]{16,})/gi,
  /:\/\/[^\s:@/]{1,100}:([^\s@/]{1,200})(?=@)/g,
  /(?<![\p{L}\p{N}])(?:password|passwd|passwort|kennwort|passphrase|contraseña|mot de passe|pwd|secret|token|(?:api|access|secret|private)[_ -]?key|(?:access|auth|refresh|bot)[_ -]?token|client[_ -]?secret)["']?[ \t]{0,4}[:=][ \t]{0,4}(?:"([^"\n]{3,200})(?=")|'([^'\n]{3,200})(?=')|([^\s"',;]{3,200}))/giu,
  // In a sentence a value is told from a word by a digit or a sign in it.
  /(?<![\p{L}\p{N}])(?:password|passwort|kennwort|passphrase)[ \t]{1,4}(?:is|ist|lautet)[ \t]{1,4}["']?((?=[^\s"',;]{0,60}[\d!#$%&*+@^_~])[^\s"',;]{4,200})/giu,
];

const keyBegins = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const keyEnds = /-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;

export const findSecrets: Find = function* findSecrets(text) {
  yield* privateKeys(text);
  for (const shape of shapes) yield* matchesOf(shape, text);
  for (const expression of named) yield* matchesOf(expression, text);
};

/** One whose end is missing goes up to the end of the text. */
function* privateKeys(text: string) {
  for (let from = 0; ;) {
    keyBegins.lastIndex = from;
    const begin = keyBegins.exec(text);
    if (!begin) return;
    keyEnds.lastIndex = begin.index;
    const end = keyEnds.exec(text) ? keyEnds.lastIndex : text.length;
    yield { start: begin.index, end };
    from = end;
  }
}
