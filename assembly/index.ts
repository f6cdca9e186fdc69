export { allocate, free, move, reallocate } from './memory';
export { getBadColumn, getBadRow, getRejected } from './outcome';
export { decodeRows } from './packets';
export {
  booleans,
  dates,
  decimal128s,
  decimal32s,
  decimal64s,
  float32s,
  float64s,
  int32s,
  int64s,
  timestamps,
} from './fixed';
export { findBadText, plainSize, plainTexts, rowsWithin } from './texts';
export { addLevels, countNulls, writeHybrid } from './hybrid';
export {
  addToDictionary,
  clearDictionary,
  endDictionaryPage,
  newDictionary,
  plainFromDictionary,
  takeDictionary,
} from './dictionary';
export { csvEnd, csvRows, csvRowSize, findBadCell, writeText } from './csv';
export {
  cellBytes,
  countRows,
  freePartitionKeys,
  newPartitionKeys,
  numberRows,
  pieceSize,
  pieceStarts,
  placeRows,
  scatterCells,
  sumCounts,
  writePiece,
} from './partitions';
export { simpleRows } from './inserts';
