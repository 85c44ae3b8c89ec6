/**
 * Opening an archive: structure, manifest, blueprint and arrays, each checked before it is used, in
 * the order of SPEC section 6. Every byte of the file is covered by what is compared here.
 */

import { NDArray } from "./arrays.js";
import { parseBlueprint } from "./blueprint.js";
import { REQUIRED, readDirectory, sameBytes } from "./container.js";
import { crc32, dataDigest, sha256 } from "./digest.js";
import { DigestError, FormatError, LimitError } from "./errors.js";
import { parseManifest } from "./manifest.js";
import { checkRules } from "./rules.js";
import { planParameters } from "./safetensors.js";
import { divide, readSeal } from "./seals.js";
import { View } from "./values.js";

/** @typedef {import("./blueprint.js").ArrayNode} ArrayNode */
/** @typedef {import("./blueprint.js").Blueprint} Blueprint */
/** @typedef {import("./container.js").Member} Member */
/** @typedef {import("./manifest.js").Manifest} Manifest */
/** @typedef {import("./safetensors.js").Layout} Layout */

const MAX_MANIFEST = 16 << 20;
const MAX_BLUEPRINT = 1 << 30;
const MAX_PROBE = [64 << 20, 256 << 20];
const PROBE = ["probe.json", "probe.safetensors"];

/** An archive of which every byte was verified. */
export class Archive {
  /**
   * @param {string} id
   * @param {Manifest} manifest
   * @param {Blueprint} blueprint
   * @param {Map<string, Uint8Array>} parts
   * @param {View} view
   * @param {import("./seals.js").Seal[]} seals
   */
  constructor(id, manifest, blueprint, parts, view, seals) {
    /** `sha256:` of the manifest: compare it with one from a trusted source. */
    this.id = id;
    /** `sha256:` of the blueprint: what the model is. */
    this.fingerprint = manifest.fingerprint;
    /** θ, as Maps, Arrays and plain values. */
    this.manifest = manifest.value;
    /** The object graph as nodes. */
    this.blueprint = blueprint;
    /** The members of the file that are no seals: name → bytes. */
    this.parts = parts;
    /** Who stands for it, as they say: check `signature` over `signed` by a key whose id you know. */
    this.seals = seals;
    this.view = view;
  }

  /** The model as plain values: see values.js. */
  get root() {
    return this.view.root;
  }

  /** The arrays, in the order of the blueprint; one may occur several times. */
  get arrays() {
    return this.blueprint.arrays;
  }

  /**
   * The content of an array.
   * @param {ArrayNode} node one of `arrays`
   */
  array(node) {
    return this.view.arrays(node);
  }
}

/**
 * Open an archive and verify every byte of it.
 * @param {Uint8Array | ArrayBuffer | Blob | string | URL} source bytes, which must not be changed
 *   while the archive is in use, a Blob or File, or, in Node, a path
 * @returns {Promise<Archive>}
 */
export async function open(source) {
  const file = await bytesOf(source);
  const listed = readDirectory(file);
  const divided = divide(listed);
  const members = new Map(listed.map((member) => [member.name, member]));
  const content = (/** @type {string} */ name) => {
    const { offset, size } = /** @type {Member} */ (members.get(name));
    return file.subarray(offset, offset + size);
  };
  const parts = new Map(divided.parts.map(({ name }) => [name, content(name)]));

  const [manifestBytes, blueprintBytes, parameters] = REQUIRED.map(content);
  demandSize(REQUIRED[0], manifestBytes.length, MAX_MANIFEST);
  if (crc32(manifestBytes) !== members.get(REQUIRED[0])?.crc) {
    throw new DigestError("manifest.json is damaged: its CRC-32 is another", "5.1");
  }
  const id = await sha256(manifestBytes);
  const manifest = parseManifest(manifestBytes);
  checkParts(manifest, divided.parts.slice(1));

  demandSize(REQUIRED[1], blueprintBytes.length, MAX_BLUEPRINT);
  const digest = await sha256(blueprintBytes);
  if (digest !== manifest.parts[0].digest) {
    throw new DigestError("blueprint.json is not what the manifest says", "5.3");
  }
  if (digest !== manifest.fingerprint) {
    throw new DigestError("the fingerprint is not the digest of the blueprint", "5.4");
  }
  const blueprint = parseBlueprint(blueprintBytes, file.length);
  const layout = planParameters(blueprint.arrays);
  const { head, digest: headDigest } = manifest.parts[1];
  if (head !== layout.head.length || headDigest !== (await sha256(layout.head))) {
    throw new DigestError("the head of parameters.safetensors is another one", "4.4");
  }
  const view = await arraysOf(parameters, layout, blueprint, "4.4");
  for (const part of manifest.parts.slice(2)) {
    if (part.digest !== (await sha256(content(part.name)))) {
      throw new DigestError(`${part.name} is not what the manifest says`, "5.3");
    }
  }
  for (const [name, { crc }] of members) {
    if (crc32(content(name)) !== crc) throw new DigestError(`${name} has another CRC-32`, "2.12");
  }
  await checkProbe(parts);
  const seals = [];
  for (const { name } of divided.seals) seals.push(await readSeal(name, content(name), id, manifest));
  return new Archive(id, manifest, blueprint, parts, view, seals);
}

/**
 * @param {any} source
 * @returns {Promise<Uint8Array>}
 */
async function bytesOf(source) {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (typeof Blob !== "undefined" && source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new TypeError("an archive is opened from bytes, a Blob or a path");
  }
  const { open: openFile } = await import("node:fs/promises");
  const handle = await openFile(source);
  try {
    const { size } = await handle.stat();
    const file = allocate(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await handle.read(file, at, Math.min(size - at, 1 << 30), at);
      if (!bytesRead) throw new FormatError("the file became shorter while it was read", "2.1");
      at += bytesRead;
    }
    return file;
  } finally {
    await handle.close();
  }
}

/** @param {number} size */
function allocate(size) {
  try {
    return new Uint8Array(size);
  } catch {
    throw new LimitError(`a file of ${size} bytes is larger than this engine holds`, "2.1");
  }
}

/**
 * @param {string} name
 * @param {number} size
 * @param {number} limit
 */
function demandSize(name, size, limit) {
  if (size > limit) throw new LimitError(`${name} has ${size} bytes, more than ${limit}`, "5.5");
}

/**
 * @param {Manifest} manifest
 * @param {Member[]} members
 */
function checkParts(manifest, members) {
  const listed = manifest.parts.map(({ name, size }) => [name, size]);
  const found = members.map(({ name, size }) => [name, size]);
  if (JSON.stringify(listed.map(String)) !== JSON.stringify(found.map(String))) {
    throw new FormatError("the manifest's table of parts is not that of the members", "5.3");
  }
  for (const { name, head } of manifest.parts) {
    if ((head !== undefined) !== (name === REQUIRED[2])) {
      throw new FormatError(`${name}: only parameters have a head`, "5.3");
    }
  }
}

/**
 * Check the arrays of a blueprint and what must hold between its parts.
 * @param {Uint8Array} parameters
 * @param {Layout} layout
 * @param {Blueprint} blueprint
 * @param {string} clause for arrays that are not the blueprint's
 */
async function arraysOf(parameters, layout, blueprint, clause) {
  const { head, size, order, offsets } = layout;
  if (parameters.length !== size || !sameBytes(parameters.subarray(0, head.length), head)) {
    throw new FormatError("the arrays of a part are not those of its blueprint", clause);
  }
  const bytesOfTensor = (/** @type {string} */ name, /** @type {number} */ bytes) => {
    const at = head.length + /** @type {number} */ (offsets.get(name));
    return parameters.subarray(at, at + bytes);
  };
  for (const tensor of order) {
    if ((await dataDigest(bytesOfTensor(tensor.name, tensor.size))) !== tensor.digest) {
      throw new DigestError(
        `the array '${tensor.name}' is not what was saved: its bytes have another SHA-256`,
        "4.5",
      );
    }
  }
  /** @type {Map<ArrayNode, NDArray>} */
  const made = new Map();
  const arrays = (/** @type {ArrayNode} */ node) => {
    const { dtype, shape, order: stored, name, size: bytes, path } = node;
    let array = made.get(node);
    if (!array) made.set(node, (array = new NDArray(dtype, shape, stored, bytesOfTensor(name, bytes), path)));
    return array;
  };
  const checked = new Set();
  for (const node of blueprint.arrays) {
    if (!checked.has(node.name)) checkBooleans(arrays(node), node.name);
    checked.add(node.name);
  }
  checkRules(blueprint, arrays);
  return new View(blueprint, arrays);
}

/**
 * Demand that every boolean is a byte 0 or 1 (SPEC 4.2).
 * @param {NDArray} array
 * @param {string} name
 */
function checkBooleans(array, name) {
  const { kind, fields } = array.dtype;
  if (fields) {
    if (array.length) fields.forEach((field) => hasBooleans(field.dtype) && checkBooleans(array.field(field.name), name));
  } else if (kind === "b" && array.bytes.some((byte) => byte > 1)) {
    throw new FormatError(`a boolean in the array '${name}' is neither 0 nor 1`, "4.2");
  }
}

/** @type {(dtype: import("./dtypes.js").Dtype) => boolean} */
const hasBooleans = (dtype) => dtype.fields?.some((field) => hasBooleans(field.dtype)) ?? dtype.kind === "b";

/**
 * The golden predictions, where there are any, are a blueprint and its arrays (SPEC section 7).
 * @param {Map<string, Uint8Array>} parts
 */
async function checkProbe(parts) {
  const found = PROBE.map((name) => parts.get(name));
  if (!found.some(Boolean)) return;
  const [blueprint, parameters] = found;
  if (!blueprint || !parameters) throw new FormatError("a probe has two parts, and one is missing", "7.1");
  PROBE.forEach((name, i) => {
    if (/** @type {Uint8Array} */ (found[i]).length > MAX_PROBE[i]) {
      throw new LimitError(`${name} has more than ${MAX_PROBE[i]} bytes`, "7.1");
    }
  });
  const parsed = parseBlueprint(blueprint, blueprint.length + parameters.length, PROBE[0]);
  await arraysOf(parameters, planParameters(parsed.arrays), parsed, "7.2");
}
