// SPDX-License-Identifier: Apache-2.0

package present

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kresd-manager/internal/top"
	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

// Upstreams writes the servers that workers ask, at most so many of them, and what each
// worker has asked.
func Upstreams(w io.Writer, u units.Upstreams, most int) error {
	table := NewTable(w)
	if len(u.Servers) == 0 {
		fmt.Fprintln(w, "no server has answered since workers began to count, which they do when asked first")
	} else {
		table.Row("SERVER", "ANSWERS", "MIN", "MEDIAN", "P95", "MAX")
	}
	for i, s := range u.Servers {
		if i == most {
			break
		}
		table.Row(s.Address, strconv.Itoa(s.Answers), millis(s.Min), millis(s.Median), millis(s.P95), millis(s.Max))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if n := len(u.Servers) - most; n > 0 {
		fmt.Fprintf(w, "and %d servers more, which are faster; --all has them\n", n)
	}
	fmt.Fprintln(w)
	table.Row("WORKER", "UDP", "TCP", "TIME-OUTS")
	for _, k := range u.Workers {
		if k.Error != "" {
			table.Row(k.Unit, "-", "-", "does not answer")
			continue
		}
		table.Row(k.Unit, strconv.Itoa(k.UDP), strconv.Itoa(k.TCP), strconv.Itoa(k.Timeouts)+share(int64(k.Timeouts), int64(k.UDP+k.TCP)))
	}
	return table.Flush()
}

// share is a part in percent, in parentheses.
func share(part, whole int64) string {
	if whole <= 0 {
		return ""
	}
	return fmt.Sprintf(" (%.1f %%)", 100*float64(part)/float64(whole))
}

// CacheStatistics writes the state of the cache.
func CacheStatistics(w io.Writer, s units.CacheStatistics) error {
	fmt.Fprintf(w, "%d entries, %.1f %% of %s in use\n", s.Entries, s.Usage, megabytes(uint64(max(s.SizeBytes, 0))))
	var answers, cached int64
	for _, k := range s.Workers {
		answers, cached = answers+k.Answers, cached+k.Cached
	}
	if answers > 0 {
		fmt.Fprintf(w, "%.1f %% of %d answers came from the cache alone\n", 100*float64(cached)/float64(answers), answers)
	}
	fmt.Fprintln(w)
	table := NewTable(w)
	table.Row("WORKER", "ANSWERS", "FROM CACHE", "READS", "MISSES", "WRITES")
	for _, k := range s.Workers {
		if k.Error != "" {
			table.Row(k.Unit, "does not answer")
			continue
		}
		n := func(i int64) string { return strconv.FormatInt(i, 10) }
		table.Row(k.Unit, n(k.Answers), n(k.Cached)+share(k.Cached, k.Answers), n(k.Reads), n(k.Misses), n(k.Writes))
	}
	return table.Flush()
}

// Versions writes a line for each part, and says where a worker still runs another
// version than the rest.
func Versions(w io.Writer, client string, v units.Versions) error {
	table := NewTable(w)
	table.Row("kresctl", client)
	table.Row("kresd-manager", cmp.Or(v.Manager, "unknown"))
	by := map[string][]string{}
	for unit, version := range v.Workers {
		by[version] = append(by[version], unit)
	}
	for _, version := range slices.Sorted(maps.Keys(by)) {
		note := ""
		if len(by) > 1 {
			slices.Sort(by[version])
			note = " (" + units.Several(by[version]) + ")"
		}
		table.Row("kresd", version+note)
	}
	if len(by) == 0 {
		table.Row("kresd", "unknown: no worker answers")
	}
	table.Row("systemd", cmp.Or(v.Systemd, "unknown"))
	if err := table.Flush(); err != nil {
		return err
	}
	if len(by) > 1 {
		fmt.Fprintln(w, "to have all workers run the version that is installed: kresctl restart")
	}
	return nil
}

// TopHead are the columns of TopRow.
func TopHead(w io.Writer) error {
	_, err := fmt.Fprintln(w, topLine("", "q/s", "ok%", "nx%", "fail%", "p50", "p95", "p99", "hit%", "cpu%", "mem"))
	return err
}

// topLine lays out the cells of a row, in fewer than 80 columns.
func topLine(name string, cells ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-14s", name)
	widths := []int{8, 6, 6, 6, 7, 7, 7, 6, 6, 6}
	for i, c := range cells {
		fmt.Fprintf(&b, "%*s", widths[i], c)
	}
	return strings.TrimRight(b.String(), " ")
}

// Top writes a table of figures: all workers together, then each.
func Top(w io.Writer, f top.Figures) error {
	fmt.Fprintf(w, "%s queries/s, cache %.1f %% full, %d entries\n", figure(f.All.Queries, 0), f.CacheUsage, f.CacheEntries)
	if err := TopHead(w); err != nil {
		return err
	}
	for _, r := range f.Workers {
		if err := topRow(w, strings.TrimSuffix(r.Unit, ".service"), r); err != nil {
			return err
		}
	}
	return topRow(w, "all", f.All)
}

func topRow(w io.Writer, name string, r top.Row) error {
	if r.State != "" && r.State != "active" {
		name += " " + r.State
	}
	ok := r.NoError
	if r.NoData.Known() {
		ok += r.NoData
	}
	_, err := fmt.Fprintln(w, topLine(visible.Line(name), figure(r.Queries, 0), figure(ok, 0), figure(r.NXDomain, 0), figure(r.ServFail, 1),
		short(r.P50), short(r.P95), short(r.P99), figure(r.Hits, 0), figure(r.CPU, 0), memory(r.Memory)))
	return err
}

func figure(n top.Number, digits int) string {
	if !n.Known() {
		return "-"
	}
	if n > 0 && n < 10 && digits == 0 {
		digits = 1
	}
	return strconv.FormatFloat(float64(n), 'f', digits, 64)
}

// short is a number of milliseconds.
func short(n top.Number) string {
	if !n.Known() {
		return "-"
	}
	if n >= 1000 {
		return fmt.Sprintf("%.1fs", float64(n)/1000)
	}
	return figure(n, 0) + "ms"
}

func memory(n uint64) string {
	if n == 0 {
		return "-"
	}
	return strconv.FormatUint(n>>20, 10) + "M"
}
