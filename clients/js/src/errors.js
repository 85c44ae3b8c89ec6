/**
 * Every error that the reader raises on purpose; the names are those of the Python package.
 *
 *     HolotypeError
 *     ├── ArchiveError          the file is not an archive that may be opened (cites the SPEC)
 *     │   ├── FormatError       its container or one of its parts breaks a rule of the format
 *     │   ├── DigestError       bytes are not the bytes that were hashed
 *     │   └── LimitError        it declares more than this reader's limits allow
 *     ├── BlueprintError        the object graph breaks a rule (names the dotted path)
 *     │   ├── UntrustedError    it asks for code, or for types by name
 *     │   └── InvalidStateError the contents of a known type would be unsafe or meaningless
 *     ├── MisplacedSealError    a seal is that of another archive
 *     └── NotCoveredError       there is no evaluator for a part, a method or an input
 */

/** Base of every error here; its text cannot steer a terminal, whatever it cites. */
export class HolotypeError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(printable(message));
    this.name = new.target.name;
  }
}

/** The file is not an archive that may be opened; `clause` is that of SPEC.md which it breaks. */
export class ArchiveError extends HolotypeError {
  /**
   * @param {string} problem
   * @param {string} [clause]
   */
  constructor(problem, clause = "") {
    super(clause ? `${problem} (SPEC ${clause})` : problem);
    this.clause = clause;
  }
}

/** The container or one of its parts breaks a rule of the format. */
export class FormatError extends ArchiveError {}

/** Bytes are not the bytes that were hashed when the archive was written. */
export class DigestError extends ArchiveError {}

/** The archive declares more bytes, nodes or depth than this reader's limits allow. */
export class LimitError extends ArchiveError {}

/** The object graph breaks a rule. `path` is dotted: `root.state.coef_`. */
export class BlueprintError extends HolotypeError {
  /**
   * @param {string} path
   * @param {string} problem
   */
  constructor(path, problem) {
    super(`${path.slice(0, 400)}: ${problem}`);
    this.path = path;
  }
}

/** The blueprint asks for code, or for types outside the table: this reader knows only data. */
export class UntrustedError extends BlueprintError {}

/** The contents of a known type would be unsafe or meaningless to evaluate. */
export class InvalidStateError extends BlueprintError {}

/** A seal is that of another archive. */
export class MisplacedSealError extends HolotypeError {}

/** There is no evaluator for a part of the model, for a method, or for such an input. */
export class NotCoveredError extends HolotypeError {}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/**
 * Text in which what could steer a terminal stands as its number.
 * @param {string} text
 */
export function printable(text) {
  return text.replace(UNPRINTABLE, (c) => `\\u{${/** @type {number} */ (c.codePointAt(0)).toString(16)}}`);
}
