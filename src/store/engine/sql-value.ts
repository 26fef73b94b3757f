/** What a statement can be bound to. */
export type SqlValue = string | number | boolean | null | Buffer;
