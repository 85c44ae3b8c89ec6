/**
 * Seals: who stands for an archive (SPEC section 9).
 *
 * Rule: a seal is read in its one spelling and must be that of the archive it was found in. Whether
 * its signature is right, and what it is worth, is for whoever knows the key: nothing here trusts one.
 */

import { compareText, parseJson } from "./canonical.js";
import { sha256 } from "./digest.js";
import { DigestError, FormatError, LimitError, MisplacedSealError } from "./errors.js";

/** @typedef {import("./container.js").Member} Member */
/** @typedef {import("./manifest.js").Manifest} Manifest */
/**
 * @typedef {{name: string | null, version: string | null, created: string, key: string,
 *   algorithm: string, spki: Uint8Array, signed: Uint8Array, signature: Uint8Array}} Seal
 *   What a seal says; `signed` is what `signature` must be over, by the key `spki`.
 */

const PREFIX = "seals/";
const NAME = /^seals\/[0-9a-f]{64}\.json$/;
const MAX_SEALS = 64;
const MAX_SEAL = 4 << 20;
const IN_TOTO = "application/vnd.in-toto+json";
const TIME = /^(\d{4})-([01]\d)-([0-3]\d)T([0-2]\d):([0-5]\d):([0-5]\d)Z$/;
const WORD = /^(?:[^\p{C}\p{Z}]| ){1,255}$/u;
/** @type {Record<string, [string, number, number]>} head of the key, bytes after it, bytes of a signature */
const KEYS = {
  ed25519: ["302a300506032b6570032100", 32, 64],
  "ecdsa-p256": ["3059301306072a8648ce3d020106082a8648ce3d03010703420004", 64, 72],
};

/**
 * Divide the members of a file into parts and seals, which stand last (SPEC 9.1).
 * @param {Member[]} members
 */
export function divide(members) {
  const first = members.findIndex(({ name }) => name.startsWith(PREFIX));
  const at = first < 0 ? members.length : first;
  const seals = members.slice(at);
  if (seals.length > MAX_SEALS) throw new LimitError(`${seals.length} seals, at most ${MAX_SEALS} may be`, "9.1");
  for (const [i, { name, size }] of seals.entries()) {
    if (!NAME.test(name)) throw new FormatError(`${name}: seals stand last, named by a digest`, "9.1");
    if (size > MAX_SEAL) throw new LimitError(`${name} has ${size} bytes, more than ${MAX_SEAL}`, "9.1");
    if (i && compareText(seals[i - 1].name, name) > 0) {
      throw new FormatError("the seals do not stand in the order of their names", "9.1");
    }
  }
  return { parts: members.slice(0, at), seals };
}

/**
 * A seal of this archive.
 * @param {string} name of its member
 * @param {Uint8Array} bytes
 * @param {string} id
 * @param {Manifest} manifest
 * @returns {Promise<Seal>}
 */
export async function readSeal(name, bytes, id, manifest) {
  if (`${PREFIX}${(await sha256(bytes)).slice(7)}.json` !== name) {
    throw new DigestError(`${name} is not what its name says`, "9.1");
  }
  const { payload, key, signature } = envelope(name, bytes);
  const said = statement(name, payload);
  const [head, size, most] = KEYS[said.algorithm] ?? [];
  const hex = [...said.spki].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  demand(head !== undefined && hex.startsWith(head) && hex.length === head.length + 2 * size, name, "9.3");
  demand((await sha256(said.spki)) === key && signature.length <= most, name, "9.3");
  const same = {
    id: said.id === id,
    fingerprint: said.fingerprint === manifest.fingerprint,
    parts: said.parts === JSON.stringify(manifest.parts.map(sorted)),
  };
  for (const [what, equal] of Object.entries(same)) {
    if (!equal) throw new MisplacedSealError(`${name} is the seal of another archive: its ${what} differs`);
  }
  const { algorithm, spki, created } = said;
  return { name: said.name, version: said.version, created, key, algorithm, spki, signed: pae(payload), signature };
}

/**
 * @param {string} name
 * @param {Uint8Array} bytes
 */
function envelope(name, bytes) {
  const outer = members(parseJson(bytes, { what: name, clause: "9.2", sorted: true }), [
    "payload",
    "payloadType",
    "signatures",
  ]);
  demand(outer !== null && outer.payloadType === IN_TOTO, name, "9.2");
  demand(Array.isArray(outer?.signatures) && outer.signatures.length === 1, name, "9.2");
  const only = members(outer?.signatures[0], ["keyid", "sig"]);
  demand(only !== null && typeof only.keyid === "string", name, "9.2");
  return { payload: base64(outer?.payload, name), key: only?.keyid, signature: base64(only?.sig, name) };
}

/**
 * @param {string} name
 * @param {Uint8Array} payload
 */
function statement(name, payload) {
  const outer = members(parseJson(payload, { what: name, clause: "9.3", sorted: true }), [
    "_type",
    "predicate",
    "predicateType",
    "subject",
  ]);
  const said = members(outer?.predicate, ["created", "fingerprint", "name", "parts", "signer", "version"]);
  const signer = members(said?.signer, ["algorithm", "key"]);
  const subject = members(Array.isArray(outer?.subject) && outer.subject.length === 1 && outer.subject[0], [
    "digest",
    "name",
  ]);
  const digest = members(subject?.digest, ["sha256"]);
  const kind = [outer?._type, outer?.predicateType, subject?.name];
  demand(kind.join(" ") === "https://in-toto.io/Statement/v1 urn:holotype:seal:1 manifest.json", name, "9.3");
  demand(typeof digest?.sha256 === "string" && typeof said?.fingerprint === "string", name, "9.3");
  demand(isTime(said?.created) && isWord(said?.name) && isWord(said?.version), name, "9.3");
  demand(Array.isArray(said?.parts) && typeof signer?.algorithm === "string", name, "9.3");
  return {
    id: `sha256:${digest?.sha256}`,
    fingerprint: said?.fingerprint,
    parts: JSON.stringify(said?.parts.map((/** @type {any} */ each) => part(each, name))),
    name: said?.name,
    version: said?.version,
    created: said?.created,
    algorithm: signer?.algorithm,
    spki: base64(signer?.key, name),
  };
}

/**
 * @param {any} value
 * @param {string} name
 */
function part(value, name) {
  const found = members(value, ["digest", "name", "size"]) ?? members(value, ["digest", "head", "name", "size"]);
  demand(found !== null && Number.isInteger(found.size) && Number.isInteger(found.head ?? 0), name, "9.3");
  demand(typeof found?.digest === "string" && typeof found?.name === "string", name, "9.3");
  return sorted(/** @type {any} */ (found));
}

/** @param {{name: string, size: number | bigint, digest: string, head?: number | bigint}} part */
function sorted({ name, size, digest, head }) {
  return [name, `${size}`, digest, `${head}`];
}

/**
 * The members of an object that has exactly these, else null.
 * @param {any} value
 * @param {string[]} names
 * @returns {Record<string, any> | null}
 */
function members(value, names) {
  if (!(value instanceof Map) || [...value.keys()].join() !== names.join()) return null;
  return Object.fromEntries(value);
}

/**
 * @param {boolean} kept
 * @param {string} name
 * @param {string} clause
 */
function demand(kept, name, clause) {
  if (!kept) throw new FormatError(`${name} is not of the form of a seal`, clause);
}

/**
 * What base64 says, in the one text that says so.
 * @param {any} text
 * @param {string} name
 */
function base64(text, name) {
  try {
    const letters = typeof text === "string" ? atob(text) : null;
    if (letters !== null && btoa(letters) === text) return Uint8Array.from(letters, (c) => c.charCodeAt(0));
  } catch {
    // not base64 at all
  }
  throw new FormatError(`${name}: base64 is not in its one form`, "9.2");
}

/** @param {any} value */
const isWord = (value) => value === null || (typeof value === "string" && WORD.test(value));

/** @param {any} value */
function isTime(value) {
  if (typeof value !== "string" || !TIME.test(value)) return false;
  const moment = new Date(value);
  return !Number.isNaN(moment.getTime()) && moment.toISOString() === value.replace("Z", ".000Z") && value >= "0001";
}

/** @param {Uint8Array} payload */
function pae(payload) {
  const head = new TextEncoder().encode(`DSSEv1 ${IN_TOTO.length} ${IN_TOTO} ${payload.length} `);
  const signed = new Uint8Array(head.length + payload.length);
  signed.set(head);
  signed.set(payload, head.length);
  return signed;
}
