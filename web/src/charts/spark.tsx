// SPDX-License-Identifier: Apache-2.0
// A small line without axes, beside the number that says what it shows.

const width = 120, height = 28;

// pathOf draws values from left to right; gaps stay gaps.
export function pathOf(values: (number | null)[]): string {
  const known = values.filter((v): v is number => v !== null);
  if (known.length < 2) return "";
  const least = Math.min(...known), range = Math.max(...known) - least || 1;
  let path = "", pen = false;
  values.forEach((v, i) => {
    if (v === null) {
      pen = false;
      return;
    }
    const x = (i / (values.length - 1)) * width, y = height - 2 - ((v - least) / range) * (height - 4);
    path += `${pen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = true;
  });
  return path;
}

export const Spark = ({ values }: { values: (number | null)[] }) => (
  <svg class="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
    <path d={pathOf(values)} fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke" />
  </svg>
);
