// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/internal/source"
)

// Verdict is what was found about one configuration: a file, or several that were
// combined. The methods that add to it are not safe for concurrent use.
type Verdict struct {
	Files    []string // as they were named
	Problems config.Problems
	Texts    map[string][]byte // by [source.Name]
	Doc      *config.Document  // nil if there is none
	Config   *config.Config    // nil unless all is well
	Judged   string            // whom Inspect judged for, "" before
}

// Configuration reads the files of one configuration and checks what they mean
// together on this machine.
func Configuration(r *source.Reader, files []string) Verdict {
	v := Verdict{Files: files, Texts: make(map[string][]byte)}
	var docs []*config.Document
	for _, file := range files {
		f, err := r.Read(file)
		v.Texts[f.Name] = f.Text
		v.note(f.Name, err)
		docs = append(docs, f.Doc)
	}
	if !v.Valid() {
		return v
	}
	doc, err := config.Combine(docs...)
	v.note("", err)
	if err != nil {
		return v
	}
	v.Doc = doc
	host, err := source.Host(files[0])
	if err != nil {
		v.note(files[0], err)
		return v
	}
	c, problems := doc.Check(host)
	v.Config = c
	v.Problems = append(v.Problems, problems...)
	return v
}

// Text checks a text in place of what is in a file, as [Configuration] does.
func Text(file string, text []byte) Verdict {
	name := source.Name(file)
	v := Verdict{Files: []string{file}, Texts: map[string][]byte{name: text}}
	doc, err := config.Parse(name, text)
	if err != nil {
		v.note(name, err)
		return v
	}
	host, err := source.Host(file)
	if err != nil {
		v.note(name, err)
		return v
	}
	c, problems := doc.Check(host)
	v.Doc, v.Config, v.Problems = doc, c, problems
	return v
}

// Valid reports whether nothing was found but warnings.
func (v *Verdict) Valid() bool { return v.Problems.Errors() == nil }

// Name is what people know the configuration by.
func (v *Verdict) Name() string {
	names := make([]string, len(v.Files))
	for i, file := range v.Files {
		names[i] = source.Name(file)
	}
	return strings.Join(names, " + ")
}

// note adds an error of whatever kind.
func (v *Verdict) note(file string, err error) {
	switch err := err.(type) {
	case nil:
	case config.Problems:
		v.Problems = append(v.Problems, err...)
	default:
		v.Problems = append(v.Problems, config.Problem{
			File: file, Message: err.Error(), Severity: config.SeverityError,
		})
	}
}
