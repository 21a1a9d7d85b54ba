// SPDX-License-Identifier: AGPL-3.0-only
// keccak256 of many short messages at once, as a WebAssembly module assembled here. A hash costs about a microsecond
// when JavaScript hands over one message at a time, and a fifth of that when it hands over some hundred: the tree
// lives on it. Every tree is sampled against the ordinary hash before it is used.

const STATE = 0;
const OTHER_STATE = 400;
const ROUND_CONSTANTS = 800;
const ROUNDS = 24;
const LANES = 25;
const FIVE = [0, 1, 2, 3, 4] as const;
/** The lane that ends a block of keccak256: 136 bytes. */
const LAST_LANE = 16;

/** From here to the end of its 64 KiB, callers may keep messages and hashes in its memory. */
export const KERNEL_FREE = 1024;

export interface Kernel {
  readonly memory: Uint8Array;
  /**
   * Hashes `count` messages of `8·lanes` bytes, lanes ≤ 16, that follow each other from `input` on; their hashes follow
   * each other from `output` on. An odd count is rounded up: room for one more hash is needed, of whatever lies there.
   */
  readonly hash: (input: number, lanes: number, output: number, count: number) => void;
}

/** What is used of the engine's WebAssembly, which only the typings of browsers declare. */
interface Engine {
  validate(module: Uint8Array): boolean;
  instantiate(module: Uint8Array): Promise<{
    instance: { exports: { memory: { buffer: ArrayBuffer }; hash: Kernel["hash"] } };
  }>;
}

/** Undefined where the machine or the engine has no vectors of 128 bits. */
export async function loadKernel(): Promise<Kernel | undefined> {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: Engine };
  const code = assemble();
  if (!WebAssembly.validate(code)) return undefined;
  const { instance } = await WebAssembly.instantiate(code);
  const { memory, hash } = instance.exports;
  const constants = new DataView(memory.buffer, ROUND_CONSTANTS);
  roundConstants().forEach((constant, round) => {
    constants.setBigUint64(8 * round, constant, true);
  });
  return { memory: new Uint8Array(memory.buffer), hash };
}

type Code = number[];

const I32 = 0x7f;
const V128 = 0x7b;
const NO_RESULT = 0x40;

// Locals: the four parameters, one counter, then what a round works with: a row, the parities of the columns, what θ
// adds to each, and one lane. These fit into sixteen registers; the states, which would not, are in memory.
const [INPUT, LANE_COUNT, OUTPUT, COUNT, K] = [0, 1, 2, 3, 4] as const;
const B = 5;
const C = B + 5;
const D = C + 5;
const T = D + 5;
const LOCALS_V128 = T + 1 - B;

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number): Code => [0x21, ...unsigned(local)];
const i32 = (value: number): Code => [0x41, ...signed(value)];
const add: Code = [0x6a];
const sub: Code = [0x6b];
const shl: Code = [0x74];
const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
/** Alignment hint 2^3, then the offset. */
const at = (offset: number): Code => [3, ...unsigned(offset)];
const loop = (body: Code): Code => [0x03, NO_RESULT, ...body, 0x0b];
const repeatIf = (condition: Code): Code => [...condition, 0x0d, 0];
const lessThan: Code = [0x48];
const load = (address: number): Code => [...i32(0), ...simd(0x00), ...at(address)];
const store = (address: number, value: Code): Code => [...i32(0), ...value, ...simd(0x0b), ...at(address)];
const zero = [...simd(0x0c), ...new Array<number>(16).fill(0)];
const xor = simd(0x51);
const or = simd(0x50);
const andNot = simd(0x4f);

/** Two messages are hashed side by side, one in each half of every 128-bit local. */
function assemble(): Uint8Array {
  const inputOfLane = [...get(INPUT), ...get(K), ...i32(3), ...shl, ...add];
  const inputOfSecond = [...inputOfLane, ...get(LANE_COUNT), ...i32(3), ...shl, ...add];
  const lastLane = STATE + 16 * LAST_LANE;
  const laneAddress = (lane: Code): Code => [...lane, ...i32(4), ...shl];

  const body = [
    ...loop([
      // A block is the message, a one after it, zeros, and the highest bit in its last lane.
      ...lanes((lane) => store(STATE + 16 * lane, zero)),
      ...[...laneAddress(get(LANE_COUNT)), ...i64Splat(1n), ...simd(0x0b), ...at(STATE)],
      ...store(lastLane, [...load(lastLane), ...i64Splat(1n << 63n), ...xor]),
      ...[...i32(0), ...set(K)],
      ...loop([
        ...[...laneAddress(get(K)), ...inputOfSecond, ...inputOfLane, ...simd(0x0a), ...at(0)],
        ...[...simd(0x57), ...at(0), 1, ...simd(0x0b), ...at(STATE)],
        ...[...get(K), ...i32(1), ...add, ...set(K)],
        ...repeatIf([...get(K), ...get(LANE_COUNT), ...lessThan]),
      ]),
      ...FIVE.flatMap((x) => [
        ...FIVE.flatMap((y) => [...load(STATE + 16 * lane(x, y)), ...(y === 0 ? [] : xor)]),
        ...set(C + x),
      ]),
      ...[...i32(0), ...set(K)],
      ...loop([
        ...round(STATE, OTHER_STATE, 0),
        ...round(OTHER_STATE, STATE, 1),
        ...[...get(K), ...i32(16), ...add, ...set(K)],
        ...repeatIf([...get(K), ...i32(8 * (ROUNDS - 2)), ...lessThan]),
      ]),
      ...round(STATE, OTHER_STATE, 0),
      // The hash lies in the first row.
      ...round(OTHER_STATE, STATE, 1, [0]),
      ...[0, 1, 2, 3].flatMap((lane) => [
        ...[...get(OUTPUT), ...load(STATE + 16 * lane), ...simd(0x5b), ...at(8 * lane), 0],
        ...[...get(OUTPUT), ...load(STATE + 16 * lane), ...simd(0x5b), ...at(32 + 8 * lane), 1],
      ]),
      ...[...get(INPUT), ...get(LANE_COUNT), ...i32(4), ...shl, ...add, ...set(INPUT)],
      ...[...get(OUTPUT), ...i32(64), ...add, ...set(OUTPUT)],
      ...[...get(COUNT), ...i32(2), ...sub, ...set(COUNT)],
      ...repeatIf([...i32(0), ...get(COUNT), ...lessThan]),
    ]),
    0x0b,
  ];
  const code = [2, 1, I32, ...unsigned(LOCALS_V128), V128, ...body];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 4, I32, I32, I32, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 1, 1, 1]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("hash"), 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

/**
 * θ, ρ, π, χ and ι of FIPS 202, from one state to the other; `offset` picks the round constant beside counter K. Locals C
 * hold the parities of the columns, before and after: each lane is added as soon as it is known. Only `rows` are made.
 */
function round(from: number, to: number, offset: number, rows: readonly number[] = FIVE): Code {
  const theta = FIVE.flatMap((x) => [
    ...[...get(C + ((x + 4) % 5)), ...rotated(get(C + ((x + 1) % 5)), 1), ...xor, ...set(D + x)],
  ]);
  const rotations = rotationOffsets();
  const rhoPi = (row: number) =>
    FIVE.flatMap((column) => {
      // π takes lane (x, y) to column y of row 2x + 3y.
      const x = (column + 3 * row) % 5;
      const source = lane(x, column);
      const mixed = [...load(from + 16 * source), ...get(D + x), ...xor, ...set(T)];
      return [...mixed, ...rotated(get(T), rotations[source] as number), ...set(B + column)];
    });
  const constant = [...get(K), ...simd(0x0a), ...at(ROUND_CONSTANTS + 8 * offset)];
  const chiIota = (row: number) =>
    FIVE.flatMap((x) => {
      const rest = [...get(B + ((x + 2) % 5)), ...get(B + ((x + 1) % 5)), ...andNot];
      const iota = row === 0 && x === 0 ? [...constant, ...xor] : [];
      const parity = row === 0 ? get(T) : [...get(C + x), ...get(T), ...xor];
      return [
        ...[...get(B + x), ...rest, ...xor, ...iota, ...set(T)],
        ...[...store(to + 16 * lane(x, row), get(T)), ...parity, ...set(C + x)],
      ];
    });
  return [...theta, ...rows.flatMap((row) => [...rhoPi(row), ...chiIota(row)])];
}

function lane(x: number, y: number): number {
  return x + 5 * y;
}

function rotated(value: Code, bits: number): Code {
  if (bits === 0) return value;
  const left = [...value, ...i32(bits), ...simd(0xcb)];
  const right = [...value, ...i32(64 - bits), ...simd(0xcd)];
  return [...left, ...right, ...or];
}

function rotationOffsets(): number[] {
  const offsets = new Array<number>(LANES).fill(0);
  let [x, y] = [1, 0];
  for (let t = 0; t < ROUNDS; t++) {
    offsets[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return offsets;
}

function roundConstants(): bigint[] {
  let register = 1;
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if ((register & 1) === 1) constant |= 1n << BigInt(2 ** j - 1);
      register = (register << 1) ^ ((register >> 7) * 0x171);
    }
    return constant;
  });
}

function lanes(code: (lane: number) => Code): Code {
  return Array.from({ length: LANES }, (_, lane) => code(lane)).flat();
}

function i64Splat(value: bigint): Code {
  return [0x42, ...signed(BigInt.asIntN(64, value)), ...simd(0x12)];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): Code {
  return [text.length, ...Array.from(text, (letter) => letter.charCodeAt(0))];
}

function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number | bigint): Code {
  const wide = BigInt(value);
  const low = Number(wide & 127n);
  const rest = wide >> 7n;
  const done = (rest === 0n && low < 64) || (rest === -1n && low >= 64);
  return done ? [low] : [low | 128, ...signed(rest)];
}
