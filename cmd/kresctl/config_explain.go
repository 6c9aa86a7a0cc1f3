// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/internal/config"
	"kresd-manager/internal/visible"
)

func (a *app) configExplainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain POINTER",
		Short: "tell what a key means, and what a file says about it",
		Long: `Tell what a key of the configuration means, what it takes, its default, and
where the configuration file sets it and to what. The file is the installed one
or that of -c; no manager is asked. It need not be valid.

POINTER is the place of the key, as in /network/listen/0/kind. The index of a
list may be left out or be *: then all places are told. For a section, the keys
in it are listed; / is the whole. Secrets are not shown.

Exit status: 0 done; 1 there is no such key, or the file cannot be read;
2 wrong usage.`,
		Example: `  kresctl config explain /cache/size-max
  kresctl -c new.yaml config explain forward/servers`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd, "a pointer is missing; / is the whole configuration")
			}
			return atMost(1)(cmd, args)
		},
		ValidArgsFunction: pointerCompletion{bare: true}.arg,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.explain(strings.TrimRight(absolute(args[0]), "/"))
		},
	}
}

func (a *app) explain(pointer string) error {
	k, err := findKey(pointer)
	if err != nil {
		return err
	}
	files := a.configFiles(nil)
	doc, err := readConfigs(files)
	switch {
	case err == nil:
	case len(a.configs) == 0 && errors.Is(err, fs.ErrNotExist):
		doc = nil // nobody asked for this file
	default:
		return err
	}
	var b strings.Builder
	k.describe(&b)
	if doc != nil && pointer != "" {
		if err := k.describeIn(&b, strings.Join(files, " + "), doc); err != nil {
			return err
		}
	}
	if err := k.describeKeys(&b); err != nil {
		return err
	}
	fmt.Fprint(a.stdout, b.String())
	return nil
}

// describe writes what is known of a key without a file.
func (k *foundKey) describe(b *strings.Builder) {
	if len(k.tokens) == 0 {
		b.WriteString("/\n  The whole configuration.\n")
		return
	}
	fmt.Fprintf(b, "/%s\n  %s\n\n", strings.Join(k.tokens, "/"), k.info.Doc)
	line := func(name, text string) { fmt.Fprintf(b, "  %-9s%s\n", name, text) }
	line("type", k.info.Type)
	switch {
	case k.info.Required:
		line("default", "none, the key must be there")
	case k.info.Derived != "":
		line("default", k.info.Derived)
	case k.info.Default != "":
		line("default", k.info.Default)
	case k.info.Type != "object":
		line("default", "not set")
	}
	if k.info.Ours {
		line("origin", "kresd-manager; Knot Resolver's own manager refuses it")
	}
	if k.info.Idle {
		line("effect", "none yet in this version")
	} else if len(k.info.IdleFor) > 0 {
		line("effect", "none yet in this version of "+strings.Join(k.info.IdleFor, ", "))
	}
}

// mostPlaces bounds what is told of a key that is set all over a file.
const mostPlaces = 20

// describeIn writes where a file sets a key, and to what.
func (k *foundKey) describeIn(b *strings.Builder, file string, doc *config.Document) error {
	root, err := readTree(doc.JSON())
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", file, err)
	}
	places := expandTokens(root, k.tokens)
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
		if place != "/"+strings.Join(k.tokens, "/") {
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
func (k *foundKey) describeKeys(b *strings.Builder) error {
	keys := k.below()
	if len(keys) == 0 {
		return nil
	}
	b.WriteByte('\n')
	table := visible.NewTable(b)
	for _, key := range keys {
		name := key.Pointer[strings.LastIndexByte(key.Pointer, '/')+1:]
		table.Row("  "+name, key.Type, firstSentence(key.Doc))
	}
	return table.Flush()
}

// firstSentence ends at a full stop, which is not the name of the root.
func firstSentence(doc string) string {
	for i := 1; i+1 < len(doc); i++ {
		if doc[i] == '.' && doc[i+1] == ' ' && doc[i-1] != ' ' {
			return doc[:i+1]
		}
	}
	return doc
}
