// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"kresd-manager/generator"
	"kresd-manager/units"
)

// report is the JSON of a dry run.
type report struct {
	Error string `json:"error,omitempty"`
	// Lost says why the last good configuration cannot be used.
	Lost string `json:"lost,omitempty"`
	// Guarded says that no generation is to be seen yet: what starts does so
	// if there is one by then.
	Guarded bool               `json:"guarded,omitempty"`
	Entries generator.Tree     `json:"entries"`
	Changes []generator.Change `json:"changes"`
}

// dryRun prints what would be made and how it differs from what is there.
func dryRun(o options, stdout, stderr io.Writer) int {
	dir := "/run/systemd/generator"
	if len(o.dirs) > 0 {
		dir = o.dirs[0]
	}
	place, ok := o.place()
	if !ok {
		fmt.Fprintln(stderr, "kresd-generator: the units of kresd-manager are not installed")
		return exitFailed
	}
	if stockStarts("") {
		fmt.Fprintf(stderr, "kresd-generator: %s is enabled, and starts at boot instead\n", units.Stock)
		return exitFailed
	}
	decision, err := ask(o.paths)
	r := report{Error: decision.Failure, Lost: decision.Lost, Guarded: decision.Guarded, Entries: generator.Make(decision, place)}
	if r.Error == "" && err != nil {
		r.Error = err.Error()
	}
	r.Changes = r.Entries.Changes(generator.InPlace(dir))
	code := exitOK
	if r.Error != "" {
		code = exitFailed
		fmt.Fprintf(stderr, "kresd-generator: %s\n", r.Error)
	}
	if r.Lost != "" {
		code = exitFailed
		fmt.Fprintf(stderr, "kresd-generator: cannot use the last good configuration: %s\n", r.Lost)
	}
	if o.json {
		e := json.NewEncoder(stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return exitFailed
		}
		return code
	}
	for _, e := range r.Entries {
		if e.Target != "" {
			fmt.Fprintf(stdout, "%s -> %s\n", e.Path, e.Target)
			continue
		}
		fmt.Fprintf(stdout, "%s\n", e.Path)
		for line := range strings.Lines(e.Text) {
			fmt.Fprintf(stdout, "    %s", line)
		}
	}
	fmt.Fprintf(stdout, "differences to %s: %d\n", dir, len(r.Changes))
	for _, c := range r.Changes {
		fmt.Fprintf(stdout, "%s\n", c)
	}
	return code
}
