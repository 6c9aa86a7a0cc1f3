// SPDX-License-Identifier: Apache-2.0

package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What a test and the preparation of a package's machine take as long as no run has
// measured them.
const (
	usualTest        = 3 * time.Second
	usualPreparation = 5 * time.Second
)

// times is what took how many seconds in the last run that had it: a test by package, dot
// and name, the preparation of a package by the package's name.
type times map[string]float64

func (k times) of(p pack, t test) time.Duration { return k.get(p.name+"."+t.name, usualTest) }

func (k times) preparation(p pack) time.Duration { return k.get(p.name, usualPreparation) }

func (k times) get(key string, usual time.Duration) time.Duration {
	if s, ok := k[key]; ok {
		return time.Duration(s * float64(time.Second))
	}
	return usual
}

// usualTimes are those of the longest tests on two quiet cores, in whole seconds, for a host
// that has not run them yet: if one of them is begun last, all wait for it.
//
//go:embed usual.json
var usualTimes []byte

// readTimes reads the file of the last run. One that cannot be read is as good as none:
// the times only decide how tests are divided.
func readTimes(file string) times {
	k, last := times{}, times{}
	_ = json.Unmarshal(usualTimes, &k) // a test reads them
	if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &last) == nil {
		maps.Copy(k, last)
	}
	return k
}

// write replaces the file, without what is no longer in any package.
func (k times) write(file string, all []pack) error {
	kept := times{}
	for _, p := range all {
		for _, key := range append([]string{p.name}, keys(p)...) {
			if s, ok := k[key]; ok {
				kept[key] = s
			}
		}
	}
	text, err := json.MarshalIndent(kept, "", "\t")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(file+".new", append(text, '\n'), 0o644)
	}
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	if err != nil {
		return fmt.Errorf("cannot keep the times of this run: %w", err)
	}
	return nil
}

func keys(p pack) []string {
	all := make([]string, len(p.tests))
	for i, t := range p.tests {
		all[i] = p.name + "." + t.name
	}
	return all
}

// learn takes the times of a group in which everything went well: what failed may have
// ended early, or waited long.
func (k times) learn(g group, o *outcome) {
	if o.err != nil {
		return
	}
	preparation := o.took.Seconds()
	for _, r := range o.results {
		if !strings.Contains(r.name, "/") {
			k[o.pack+"."+r.name] = r.took.Seconds()
			preparation -= r.took.Seconds()
		}
	}
	if !g.alone {
		k[o.pack] = max(0, preparation)
	}
}
