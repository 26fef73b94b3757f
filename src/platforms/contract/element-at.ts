/** The element at an index that is known to be in range. */
export function elementAt<T>(elements: readonly T[], index: number): T {
  const [element] = elements.slice(index, index + 1);
  if (element === undefined) throw new RangeError(`There is no element ${index} among ${elements.length}`);
  return element;
}

/** The choice that a random number in [0, 1) selects. */
export const elementBy = <T>(choices: readonly T[], random: number): T => elementAt(choices, Math.floor(random * choices.length));
