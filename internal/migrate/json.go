// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"bytes"
	"encoding/json"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// fromJSON gives JSON as a tree, with the type of each scalar as its tag and
// numbers as they are written.
func fromJSON(source []byte) (*yaml.Node, error) {
	d := json.NewDecoder(bytes.NewReader(source))
	d.UseNumber()
	return next(d)
}

func next(d *json.Decoder) (*yaml.Node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	scalar := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	switch token := token.(type) {
	case string:
		scalar.Tag, scalar.Value = "!!str", token
	case json.Number:
		scalar.Tag, scalar.Value = "!!float", token.String()
	case bool:
		scalar.Tag, scalar.Value = "!!bool", strconv.FormatBool(token)
	case json.Delim:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		if token == '{' {
			n.Kind, n.Tag = yaml.MappingNode, "!!map"
		}
		for d.More() { // keys and values in turns
			child, err := next(d)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, child)
		}
		_, err := d.Token()
		return n, err
	}
	return scalar, nil
}

// appendJSON is the reverse of fromJSON.
func appendJSON(b []byte, n *yaml.Node) []byte {
	switch {
	case n.Kind == yaml.SequenceNode:
		b = append(b, '[')
		for i, child := range n.Content {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, child)
		}
		return append(b, ']')
	case n.Kind == yaml.MappingNode:
		b = append(b, '{')
		for i, child := range n.Content {
			switch {
			case i%2 == 1:
				b = append(b, ':')
			case i > 0:
				b = append(b, ',')
			}
			b = appendJSON(b, child)
		}
		return append(b, '}')
	case n.Tag == "!!str":
		quoted, err := json.Marshal(n.Value)
		if err != nil { // of a string that is impossible
			panic(err)
		}
		return append(b, quoted...)
	}
	return append(b, n.Value...)
}
