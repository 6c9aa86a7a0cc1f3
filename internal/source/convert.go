// SPDX-License-Identifier: Apache-2.0

package source

import (
	"bytes"
	"fmt"
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
)

// Convert gives the text in a format of files that were read and are combined; from
// refuses files that are in another format, "" none. lossy means that comments are not
// kept: they stay where a single file is in the format already.
func Convert(files []File, from, to text.Format) (out []byte, lossy bool, err error) {
	docs := make([]*config.Document, len(files))
	for i, f := range files {
		format := text.Detect(f.Text)
		if from != "" && from != format {
			return nil, false, fmt.Errorf("%s is %s, not %s", f.Name, format, from)
		}
		lossy = lossy || format != text.JSON && f.MayHaveComments()
		docs[i] = f.Doc
	}
	if len(files) == 1 && to != text.JSON && text.Detect(files[0].Text) == to {
		return bytes.TrimPrefix(files[0].Text, []byte(text.ByteOrderMark)), false, nil // nothing is kept better than as it is
	}
	doc := docs[0] // if it is the only one, any value will do
	if len(docs) > 1 {
		if doc, err = config.Combine(docs...); err != nil {
			return nil, false, err
		}
	}
	if out, err = doc.Text(to); err != nil {
		return nil, false, fmt.Errorf("cannot convert to %s: %w", to, err)
	}
	return out, lossy, nil
}

// MayHaveComments looks for what starts a comment in YAML and TOML. A text of
// several lines may contain what looks like one.
func (f File) MayHaveComments() bool {
	for line := range strings.Lines(string(f.Text)) {
		for i := range len(line) {
			if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
				return true
			}
		}
	}
	return false
}
