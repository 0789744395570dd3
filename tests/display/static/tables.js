import { StepTable } from "../../../qwq_magic/display/static/step_table.js";

/** A finished table of the steps that records name in a text. */
export function tableOf(text, records) {
  const table = new StepTable();
  table.grow(text, records);
  table.finish();
  return table;
}
