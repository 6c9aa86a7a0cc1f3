// SPDX-License-Identifier: Apache-2.0

package config

import (
	_ "embed"
	"strings"
	"sync"
)

// effects.tsv is made by the tests of package render, as docs/internals/effects.md is.
//
//go:embed effects.tsv
var effectsList string

var effects = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(effectsList) {
		pointer, who, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		m[pointer] = who
	}
	return m
})

// Effect says who acts when the key changes, as docs/internals/effects.md does: "workers",
// "rules; workers if …". It is "" for sections, which have the effects of what changes
// in them.
func (k KeyInfo) Effect() string { return effects()[k.Pointer] }
