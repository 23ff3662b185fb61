/** Logarithms of integers as integers, in 1/1024 of a bit: only differences of costs are asked, for which that is plenty. */
export const LOG2_BITS: u32 = 10;

/** Of a number, the highest bits that the table goes by. */
const INDEX_BITS: u32 = 11;
const TABLE = memory.data(4 << INDEX_BITS, 16);

export function prepareLog2(): void {
  for (let n: u32 = 1; n < 1 << INDEX_BITS; n++) {
    store<u32>(TABLE + 4 * n, <u32>NativeMath.round(NativeMath.log2(<f64>n) * <f64>(1 << LOG2_BITS)));
  }
}

/** log2(n), and 0 for 0, which is what costs need. */
@inline
export function log2(n: u32): u32 {
  const shift = max<i32>(0, 32 - <i32>INDEX_BITS - <i32>clz(n));
  return load<u32>(TABLE + 4 * (n >> shift)) + (shift << LOG2_BITS);
}
