/** A value that can be bound to a statement. */
export type SqlValue = string | number | boolean | null | Buffer;
