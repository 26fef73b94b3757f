/** The element at an index that is known to exist. */
export function elementAt<T>(elements: readonly T[], index: number): T {
  const [element] = elements.slice(index, index + 1);
  if (element === undefined) throw new RangeError(`There is no element ${index} among ${elements.length}`);
  return element;
}

/** One of the choices, by a number in [0, 1). */
export const elementBy = <T>(choices: readonly T[], random: number): T => elementAt(choices, Math.floor(random * choices.length));
