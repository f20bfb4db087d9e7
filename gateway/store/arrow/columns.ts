import {
  DuckDBArrayType,
  DuckDBDecimalType,
  DuckDBEnumType,
  DuckDBListType,
  DuckDBMapType,
  type DuckDBResult,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
  DuckDBUnionType,
} from "@duckdb/node-api";
import * as arrow from "apache-arrow";
import { BoolColumn } from "./bool_column.ts";
import type { Column } from "./column.ts";
import { FixedSizeListColumn } from "./fixed_size_list_column.ts";
import { FixedWidthColumn } from "./fixed_width_column.ts";
import { INTERVAL_LAYOUT, unchanged, UUID_LAYOUT, widened } from "./layouts.ts";
import { ListColumn } from "./list_column.ts";
import { StringColumn } from "./string_column.ts";
import { StructColumn } from "./struct_column.ts";
import { TextColumn } from "./text_column.ts";
import { UnionColumn } from "./union_column.ts";

/** Decimal digits of a 128-bit integer, as far as Arrow allows them. */
const HUGEINT_DIGITS = 38;
/** Decimal digits of the largest unsigned 128-bit integer. */
const UHUGEINT_DIGITS = 39;

/** The columns of a result, each with its field in the Arrow schema. */
export interface ResultColumns {
  readonly schema: arrow.Schema;
  readonly columns: readonly Column[];
}

/**
 * Columns of the Arrow types that are nearest to DuckDB's: those that its own clients export too,
 * but for UUIDs, which are 16 bytes and known as UUIDs to their reader rather than text, and for
 * what would lose digits or offsets (UHUGEINT, BIT, TIMETZ).
 *
 * HUGEINTs are exact also beyond the 38 digits that their type in Arrow declares. A column of
 * nothing but NULL is one of integers already in DuckDB.
 */
export function columnsOf(result: DuckDBResult): ResultColumns {
  const factory = new ColumnFactory();
  const types = result.columnTypes();
  const columns = types.map((type) => factory.create(type));
  const fields = result.deduplicatedColumnNames().map((name, i) =>
    fieldOf(name, types[i]!, columns[i]!)
  );
  return { schema: new arrow.Schema(fields), columns };
}

class ColumnFactory {
  /** Dictionaries are known by their number within a schema, the same for the same result. */
  #dictionaries = 0;

  create(type: DuckDBType): Column {
    // Types with parameters first, so that the compiler knows what parameters there are.
    if (type instanceof DuckDBDecimalType) return decimal(type);
    if (type instanceof DuckDBEnumType) return this.#enum(type);
    if (type instanceof DuckDBListType) {
      const items = this.create(type.valueType);
      return new ListColumn(new arrow.List(fieldOf("item", type.valueType, items)), items);
    }
    if (type instanceof DuckDBArrayType) {
      const items = this.create(type.valueType);
      const item = fieldOf("item", type.valueType, items);
      return new FixedSizeListColumn(new arrow.FixedSizeList(type.length, item), items);
    }
    if (type instanceof DuckDBStructType) {
      const { columns, fields } = this.#members(type.entryNames, type.entryTypes);
      return new StructColumn(new arrow.Struct(fields), columns);
    }
    if (type instanceof DuckDBMapType) return this.#map(type);
    if (type instanceof DuckDBUnionType) {
      const { columns, fields } = this.#members(type.memberTags, type.memberTypes);
      return new UnionColumn(new arrow.SparseUnion(columns.map((_, i) => i), fields), columns);
    }
    return scalar(type);
  }

  #members(names: readonly string[], types: readonly DuckDBType[]) {
    const columns = types.map((type) => this.create(type));
    const fields = names.map((name, i) => fieldOf(name, types[i]!, columns[i]!));
    return { columns, fields };
  }

  #map({ keyType, valueType }: DuckDBMapType): Column {
    const keys = this.create(keyType);
    const values = this.create(valueType);
    const entry = new arrow.Struct<{ key: arrow.DataType; value: arrow.DataType }>([
      fieldOf("key", keyType, keys, { nullable: false }),
      fieldOf("value", valueType, values),
    ]);
    const type = new arrow.Map_(new arrow.Field("entries", entry, false));
    return new ListColumn(type, new StructColumn(entry, [keys, values]));
  }

  #enum({ values, internalTypeId }: DuckDBEnumType): Column {
    const id = this.#dictionaries++;
    const dictionary = arrow.vectorFromArray(values, new arrow.Utf8());
    const [index, bytes] = internalTypeId === DuckDBTypeId.UTINYINT
      ? [new arrow.Uint8(), 1] as const
      : internalTypeId === DuckDBTypeId.USMALLINT
      ? [new arrow.Uint16(), 2] as const
      : [new arrow.Uint32(), 4] as const;
    const type = new arrow.Dictionary(dictionary.type, index, id);
    return new FixedWidthColumn(type, unchanged(bytes), dictionary);
  }
}

function decimal({ width, scale }: DuckDBDecimalType): Column {
  const bytes = width <= 4 ? 2 : width <= 9 ? 4 : width <= 18 ? 8 : 16;
  const layout = bytes === 16 ? unchanged(16) : widened(bytes, 16, { signed: true });
  return new FixedWidthColumn(new arrow.Decimal(scale, width), layout);
}

function scalar(type: DuckDBType): Column {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return new BoolColumn();
    case DuckDBTypeId.TINYINT:
      return new FixedWidthColumn(new arrow.Int8(), unchanged(1));
    case DuckDBTypeId.SMALLINT:
      return new FixedWidthColumn(new arrow.Int16(), unchanged(2));
    case DuckDBTypeId.INTEGER:
      return new FixedWidthColumn(new arrow.Int32(), unchanged(4));
    case DuckDBTypeId.BIGINT:
      return new FixedWidthColumn(new arrow.Int64(), unchanged(8));
    case DuckDBTypeId.UTINYINT:
      return new FixedWidthColumn(new arrow.Uint8(), unchanged(1));
    case DuckDBTypeId.USMALLINT:
      return new FixedWidthColumn(new arrow.Uint16(), unchanged(2));
    case DuckDBTypeId.UINTEGER:
      return new FixedWidthColumn(new arrow.Uint32(), unchanged(4));
    case DuckDBTypeId.UBIGINT:
      return new FixedWidthColumn(new arrow.Uint64(), unchanged(8));
    case DuckDBTypeId.FLOAT:
      return new FixedWidthColumn(new arrow.Float32(), unchanged(4));
    case DuckDBTypeId.DOUBLE:
      return new FixedWidthColumn(new arrow.Float64(), unchanged(8));
    case DuckDBTypeId.HUGEINT:
      return new FixedWidthColumn(new arrow.Decimal(0, HUGEINT_DIGITS), unchanged(16));
    case DuckDBTypeId.UHUGEINT:
      return new FixedWidthColumn(
        new arrow.Decimal(0, UHUGEINT_DIGITS, 256),
        widened(16, 32, { signed: false }),
      );
    case DuckDBTypeId.DATE:
      return new FixedWidthColumn(new arrow.DateDay(), unchanged(4));
    case DuckDBTypeId.TIME:
      return new FixedWidthColumn(new arrow.TimeMicrosecond(), unchanged(8));
    case DuckDBTypeId.TIME_NS:
      return new FixedWidthColumn(new arrow.TimeNanosecond(), unchanged(8));
    case DuckDBTypeId.TIMESTAMP_S:
      return new FixedWidthColumn(new arrow.TimestampSecond(), unchanged(8));
    case DuckDBTypeId.TIMESTAMP_MS:
      return new FixedWidthColumn(new arrow.TimestampMillisecond(), unchanged(8));
    case DuckDBTypeId.TIMESTAMP:
      return new FixedWidthColumn(new arrow.TimestampMicrosecond(), unchanged(8));
    case DuckDBTypeId.TIMESTAMP_NS:
      return new FixedWidthColumn(new arrow.TimestampNanosecond(), unchanged(8));
    case DuckDBTypeId.TIMESTAMP_TZ:
      return new FixedWidthColumn(new arrow.TimestampMicrosecond("UTC"), unchanged(8));
    case DuckDBTypeId.INTERVAL:
      return new FixedWidthColumn(new arrow.IntervalMonthDayNano(), INTERVAL_LAYOUT);
    case DuckDBTypeId.UUID:
      return new FixedWidthColumn(new arrow.FixedSizeBinary(16), UUID_LAYOUT);
    case DuckDBTypeId.VARCHAR:
      return new StringColumn(new arrow.Utf8());
    case DuckDBTypeId.BLOB:
    case DuckDBTypeId.GEOMETRY:
      return new StringColumn(new arrow.Binary());
    default:
      return new TextColumn(type);
  }
}

function fieldOf(
  name: string,
  type: DuckDBType,
  column: Column,
  { nullable = true }: { nullable?: boolean } = {},
): arrow.Field {
  return new arrow.Field(name, column.type, nullable, extensionOf(type));
}

/**
 * What Arrow's own types don't say.
 *
 * @see https://arrow.apache.org/docs/format/CanonicalExtensions.html
 */
function extensionOf(type: DuckDBType): Map<string, string> {
  if (type.typeId === DuckDBTypeId.UUID) return extension("arrow.uuid", "");
  if (type.typeId === DuckDBTypeId.GEOMETRY) return extension("geoarrow.wkb", "{}");
  if (type.alias === "JSON") return extension("arrow.json", "");
  return new Map();
}

function extension(name: string, metadata: string): Map<string, string> {
  return new Map([["ARROW:extension:name", name], ["ARROW:extension:metadata", metadata]]);
}
