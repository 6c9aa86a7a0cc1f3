// SPDX-License-Identifier: Apache-2.0

package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
)

// Value is what a command sends to the manager.
type Value struct {
	Text   []byte
	Format text.Format // "" if the text alone tells
	Name   string      // of where it comes from, as problems call it; "" is the command line
}

// Value reads a value for the key that a pointer leads to: - is the standard input,
// @FILE what is in a file, and all else is the value itself. What is typed is never taken
// for a file because there happens to be one. The file need not be regular, as a shell
// gives one for @<(command). No more is read than a configuration may have. The error
// names the file.
func (r *Reader) Value(pointer, typed string) (v Value, err error) {
	file, isFile := strings.CutPrefix(typed, "@")
	switch {
	case typed == Stdin, isFile && file == Stdin:
		v.Name = Name(Stdin)
		v.Text, err = bounded(r.Stdin)
	case isFile && file == "":
		return v, errors.New("the name of a file is missing after @")
	case isFile:
		v.Name, v.Format = file, promised(file)
		var f *os.File
		if f, err = os.Open(file); err == nil {
			defer f.Close()
			v.Text, err = bounded(f)
		}
	default:
		v.Text, v.Format = config.Literal(pointer, typed)
		if fileMeant(pointer, typed) {
			return v, fmt.Errorf("%q is read as the value itself; write @%s for what is in that file", typed, typed)
		}
	}
	if err != nil {
		return v, fmt.Errorf("cannot read %s: %w", v.Name, bare(err))
	}
	return v, nil
}

// fileMeant reports whether a word was typed where a section or a list is wanted, which
// it can never be, and a file has that name.
func fileMeant(pointer, typed string) bool {
	if pointer != "" {
		if k, err := config.FindKey(pointer); err != nil || k.Type.Form == config.KeyScalar {
			return false
		}
	}
	if strings.ContainsAny(typed, "[]{}\n") || strings.Contains(typed, ": ") {
		return false
	}
	info, err := os.Stat(typed)
	return err == nil && !info.IsDir()
}

// bounded reads to the end, but no more than a configuration may have.
func bounded(in io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && len(text) > most {
		err = errors.New("it is larger than 64 MiB")
	}
	return text, err
}

// promised is the format that the name of a file promises, so that a broken one is
// complained about in the right language.
func promised(name string) text.Format {
	switch filepath.Ext(name) {
	case ".json":
		return text.JSON
	case ".yaml", ".yml":
		return text.YAML
	case ".toml":
		return text.TOML
	}
	return ""
}
