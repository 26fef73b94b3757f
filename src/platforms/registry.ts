import type { AnyPlatform } from './contract/platform.ts';
import { ordergroove } from './ordergroove/index.ts';
import { ordermentum } from './ordermentum/index.ts';
import { orisha } from './orisha/index.ts';
import { standard } from './standard/index.ts';
import { tradecloud } from './tradecloud/index.ts';

/** Every platform: a folder, and a line here. */
export const PLATFORMS: readonly AnyPlatform[] = [tradecloud, ordermentum, orisha, ordergroove, standard];
