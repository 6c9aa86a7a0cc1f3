// SPDX-License-Identifier: Apache-2.0

package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
)

// filePrefix marks a value that stands for the path of a file of the release.
const filePrefix = "fleet-file:"

// Compose makes the configuration of a host of the blobs of a release that are for it, in
// their order, and of the paths of files by name.
func Compose(name string, blobs [][]byte, files map[string]string) (*config.Document, error) {
	if len(blobs) == 0 {
		return nil, errors.New("a release has a base")
	}
	var whole any = map[string]any{}
	for i, b := range blobs {
		v, err := object(blobName(name, i), b)
		if err != nil {
			return nil, err
		}
		whole = merge(whole, v)
	}
	var unknown []string
	whole = replace(whole, files, &unknown)
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%s names files that are not part of it: %s", name, strings.Join(unknown, ", "))
	}
	raw, err := json.Marshal(whole)
	if err != nil {
		return nil, fmt.Errorf("cannot put %s together: %w", name, err)
	}
	doc, err := config.ParseAs(name, raw, text.JSON)
	if err != nil {
		return nil, fmt.Errorf("cannot put %s together: %w", name, err)
	}
	return doc, nil
}

func blobName(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s, overlay %d", name, i)
}

// object reads a blob, which is one in any format that the manager reads.
func object(name string, blob []byte) (map[string]any, error) {
	if len(blob) > MaxBlob {
		return nil, fmt.Errorf("%s has %d bytes, more than %d; large lists belong into files", name, len(blob), MaxBlob)
	}
	doc, err := config.Parse(name, blob)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(doc.JSON()))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	m, ok := v.(map[string]any)
	if !ok && v != nil {
		return nil, fmt.Errorf("%s is not a mapping of keys to values", name)
	}
	return m, nil
}

// merge is MergePatch of RFC 7396 section 2.
func merge(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	t, ok := target.(map[string]any)
	if !ok {
		t = map[string]any{}
	}
	t = maps.Clone(t)
	for key, v := range p {
		if v == nil {
			delete(t, key)
			continue
		}
		t[key] = merge(t[key], v)
	}
	return t
}

// replace puts paths in the place of names of files.
func replace(v any, files map[string]string, unknown *[]string) any {
	switch v := v.(type) {
	case string:
		name, ok := strings.CutPrefix(v, filePrefix)
		if !ok {
			return v
		}
		path, known := files[name]
		if !known {
			*unknown = append(*unknown, name)
		}
		return path
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out[key] = replace(v[key], files, unknown)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = replace(v[i], files, unknown)
		}
		return out
	}
	return v
}
