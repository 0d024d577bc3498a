/** Whether a link says what it does: a label that reads like an address must lead there, or people are led astray. */
export function leadsAstray(label: string, target: string): boolean {
  const hosts = hostsIn(label);
  if (hosts === undefined) return false;
  const actual = hostOf(target);
  return actual === undefined || hosts.length === 0 || hosts.some((host) => host !== actual);
}

/** Whether a label reads like an address, as in `https://example.com`, `example.com` or `ann@example.com`. */
export function readsLikeAddress(label: string): boolean {
  return hostsIn(label) !== undefined;
}

/** Schemes that a link of an answer may have; all others open programs, or nothing. */
export function isOpenable(target: string): boolean {
  return /^(?:https?:\/\/|mailto:|tel:)/i.test(plain(target));
}

const hostPattern = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?[.\u3002])+[\p{L}\p{N}-]{2,}/gu;

/** Endings of file names that are no top-level domains: `config.json` is no address. */
const fileEndings =
  /^[^/]+\.(?:c|conf|cpp|css|csv|cts|env|exe|h|html|ini|jpeg|jpg|js|json|jsx|lock|log|mts|pdf|png|sql|toml|ts|tsx|txt|xml|yaml|yml)$/i;

/** What stands behind the host is a path, in which anything may look like another host. */
const pathPattern = /((?:[\p{L}\p{N}-]+[.\u3002])+[\p{L}\p{N}-]{2,}(?::\d+)?)[/?#]\S*/gu;

/** The hosts that a label names; undefined where it names none and does not look like an address either. */
function hostsIn(label: string): string[] | undefined {
  const text = plain(label).replaceAll(pathPattern, '$1');
  const hasScheme = text.includes('://');
  const names = [...text.matchAll(hostPattern)]
    .map(([name]) => name)
    .filter((name) => hasScheme || !fileEndings.test(name))
    .filter((name) => !/^[\d.]+$/.test(name) || /^\d+(?:\.\d+){3}$/.test(name)); // a version is no address
  if (names.length === 0) return hasScheme ? [] : undefined;
  return names.map((name) => hostOf(`https://${name}`) ?? name);
}

function hostOf(target: string): string | undefined {
  const address = plain(target);
  try {
    const { protocol, hostname, pathname } = new URL(address);
    const host = protocol === 'mailto:' ? (pathname.split('@').at(-1) ?? '') : hostname;
    return host
      .toLowerCase()
      .replace(/^www\./, '')
      .replace(/\.$/, '');
  } catch {
    return undefined;
  }
}

const entities: Readonly<Record<string, string>> = { period: '.', sol: '/', colon: ':', amp: '&', commat: '@', lt: '<', gt: '>' };

/** As it is read: without marks of emphasis, invisible characters and other ways to write a letter. */
function plain(text: string): string {
  return text
    .replaceAll(/&(#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,8});/gi, (whole, name: string) => decodeEntity(name.toLowerCase()) ?? whole)
    .normalize('NFKC')
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\p{Cc}*~`\\]/gu, '')
    .trim();
}

function decodeEntity(name: string): string | undefined {
  if (!name.startsWith('#')) return entities[name];
  const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : undefined;
}
