// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"strings"

	"kresd-manager/internal/config"
)

// Key writes what a key means and takes, where a document that was read from files sets
// it and to what, without secrets, and the keys in it. doc may be nil.
func Key(w io.Writer, k config.FoundKey, files string, doc *config.Document) error {
	var b strings.Builder
	describeKey(&b, k)
	if doc != nil && len(k.Tokens) > 0 {
		if err := describeIn(&b, k, files, doc); err != nil {
			return err
		}
	}
	if err := describeKeys(&b, k); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Keys lists keys with what they mean.
func Keys(w io.Writer, keys []config.KeyInfo) error {
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "%s\n  %s\n", k.Pointer, k.Summary())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// describeKey writes what is known of a key without a file.
func describeKey(b *strings.Builder, k config.FoundKey) {
	if len(k.Tokens) == 0 {
		b.WriteString("/\n  The whole configuration.\n")
		return
	}
	fmt.Fprintf(b, "/%s\n  %s\n\n", strings.Join(k.Tokens, "/"), k.Doc)
	line := func(name, text string) { fmt.Fprintf(b, "  %-9s%s\n", name, text) }
	line("type", k.Type.Name)
	switch {
	case k.Required:
		line("default", "none, the key must be there")
	case k.Derived != "":
		line("default", k.Derived)
	case k.Default != "":
		line("default", k.Default)
	case k.Type.Form != config.KeyObject:
		line("default", "not set")
	}
	if k.Ours {
		line("origin", "kresd-manager; Knot Resolver's own manager refuses it")
	}
}

// mostPlaces bounds what is reported of a key that is set all over a file.
const mostPlaces = 20

// describeIn writes where a file sets a key, and to what, without secrets.
func describeIn(b *strings.Builder, k config.FoundKey, file string, doc *config.Document) error {
	places := k.Places(doc)
	if len(places) == 0 {
		fmt.Fprintf(b, "  %-9snowhere in %s\n", "set", file)
		return nil
	}
	shown := doc.Redacted()
	for i, place := range places {
		if i == mostPlaces {
			fmt.Fprintf(b, "  %-9sat %d more places\n", "", len(places)-i)
			break
		}
		value, err := shown.Value(place)
		if err != nil {
			return fmt.Errorf("cannot find %s in %s: %w", place, file, err)
		}
		at := file
		if name, line, column, ok := doc.Position(place); ok {
			at = fmt.Sprintf("%s:%d:%d", name, line, column)
		}
		if place != "/"+strings.Join(k.Tokens, "/") {
			at += " as " + place
		}
		fmt.Fprintf(b, "  %-9s%s\n  %-9s%s\n", "set", at, "value", cut(string(value)))
	}
	return nil
}

// cut shortens a value to what fits on a screen.
func cut(s string) string {
	const most = 300
	if chars := []rune(s); len(chars) > most {
		return string(chars[:most]) + "…"
	}
	return s
}

// describeKeys lists what is in a section.
func describeKeys(b *strings.Builder, k config.FoundKey) error {
	keys := k.Below()
	if len(keys) == 0 {
		return nil
	}
	b.WriteByte('\n')
	table := NewTable(b)
	for _, key := range keys {
		name := key.Pointer[strings.LastIndexByte(key.Pointer, '/')+1:]
		table.Row("  "+name, key.Type.Name, key.Summary())
	}
	return table.Flush()
}
