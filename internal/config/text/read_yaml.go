// SPDX-License-Identifier: Apache-2.0

package text

import (
	"go.yaml.in/yaml/v4"

	"kresd-manager/internal/config/tree"
)

// yamlReader turns the library's tree into ours. The library finds structure
// and positions; what a scalar means is decided here (resolvePlain), because
// the library reads YAML 1.2 with additions and Knot Resolver reads YAML 1.1.
type yamlReader struct {
	runs []run
	tree.Findings
	nodes   int
	anchors map[*yaml.Node]*anchored
	folded  bool // a run was not where it was expected
}

// anchored is the value of an anchor. Aliases share it, so that a document
// that expands to billions of values costs nothing before it is refused.
type anchored struct {
	value tree.Node
	nodes int
	done  bool
}

// readYAML gives the tree of a YAML text.
func readYAML(src string) (tree.Node, tree.Problems) {
	if problem := checkYAMLText(src); problem != nil {
		return tree.Node{}, tree.Problems{*problem}
	}
	if folded, runs := fold(src, ':'); runs != nil {
		root, problems, ok := readYAMLFolded(folded, runs)
		if ok {
			return root, problems
		}
	}
	root, problems, _ := readYAMLFolded(src, nil)
	return root, problems
}

// readYAMLFolded is false if folding got in the way of reading.
func readYAMLFolded(src string, runs []run) (tree.Node, tree.Problems, bool) {
	if countYAMLNodes(src) > tree.MaxNodes {
		return tree.Node{}, tree.Problems{{Severity: tree.SeverityError, Message: tree.TooManyValues}}, true
	}
	document, problem := LoadYAML(src)
	if problem != nil {
		return tree.Node{}, tree.Problems{*problem}, runs == nil
	}
	r := yamlReader{runs: runs, anchors: make(map[*yaml.Node]*anchored)}
	var root tree.Node
	r.value(&root, document, &tree.Place{}, 0)
	for i := range runs {
		if !runs[i].used {
			return tree.Node{}, nil, false
		}
	}
	return root, r.In(""), !r.folded
}

// fail notes a problem at a node.
func (r *yamlReader) fail(n *yaml.Node, at *tree.Place, message, hint string) {
	r.Add(at, tree.Position{Line: uint32(n.Line), Column: uint32(n.Column)}, tree.SeverityError, message, hint)
}

// value converts from into n. Every problem is noted, and reading goes on.
func (r *yamlReader) value(n *tree.Node, from *yaml.Node, at *tree.Place, depth int) {
	if r.nodes++; r.nodes > tree.MaxNodes {
		if r.nodes == tree.MaxNodes+1 {
			r.fail(from, at, tree.TooManyValues, "")
		}
		return
	}
	n.At = tree.Position{Line: uint32(from.Line), Column: uint32(from.Column)}
	if depth >= tree.MaxDepth && (from.Kind == yaml.MappingNode || from.Kind == yaml.SequenceNode) {
		r.fail(from, at, tree.TooDeep, "")
		return
	}
	if from.Anchor == "" || from.Kind == yaml.AliasNode {
		r.plain(n, from, at, depth)
		return
	}
	target := new(anchored)
	r.anchors[from] = target
	before := r.nodes
	r.plain(n, from, at, depth)
	target.value, target.nodes, target.done = *n, r.nodes-before+1, true
}

// plain converts a value without a look at its anchor.
func (r *yamlReader) plain(n *tree.Node, from *yaml.Node, at *tree.Place, depth int) {
	switch from.Kind {
	case yaml.AliasNode:
		r.alias(n, from, at)
	case yaml.SequenceNode:
		r.list(n, from, at, depth)
	case yaml.MappingNode:
		r.object(n, from, at, depth)
	default:
		scalar, message, hint := yamlScalar(from)
		if message != "" {
			r.fail(from, at, message, hint)
			return
		}
		scalar.At = n.At
		*n = scalar
	}
}

func (r *yamlReader) alias(n *tree.Node, from *yaml.Node, at *tree.Place) {
	target := r.anchors[from.Alias]
	if target == nil || !target.done {
		r.fail(from, at, "the alias *"+tree.Shorten(from.Value)+" is inside of its own anchor", "")
		return
	}
	if r.nodes += target.nodes; r.nodes > tree.MaxNodes {
		r.fail(from, at, tree.TooManyValues+", with aliases expanded", "")
		r.nodes -= target.nodes
		return
	}
	*n = target.value
}

func (r *yamlReader) list(n *tree.Node, from *yaml.Node, at *tree.Place, depth int) {
	n.Kind = tree.List
	if !r.collection(from, at, "!!seq") {
		return
	}
	n.SetMembers(make([]tree.Member, 0, len(from.Content)))
	here := tree.Place{Up: at, List: true}
	for _, item := range from.Content {
		if item.Kind == yaml.MappingNode && len(item.Content) == 2 {
			if run := findRun(r.runs, item.Content[0].Value); run != nil && run.items {
				r.unfoldItems(n, run, item, &here)
				continue
			}
		}
		here.Index = n.Len()
		var m tree.Member
		r.value(&m.Value, item, &here, depth+1)
		n.Append(m)
	}
}

// unfoldItems puts the items of a run in place of the item that stood for them.
func (r *yamlReader) unfoldItems(n *tree.Node, run *run, from *yaml.Node, here *tree.Place) {
	if !run.standsFor(from, from.Content[0], from.Content[1]) || from.Anchor != "" || from.Style&yaml.TaggedStyle != 0 {
		r.folded = true
		return
	}
	items, ok := pack(run, ':', foldedYAMLScalar)
	if !ok {
		r.folded = true
		return
	}
	if r.nodes += items.Values(); r.nodes > tree.MaxNodes {
		r.folded = true
		return
	}
	run.used = true
	here.Index = n.Len()
	n.Pack(items)
	if !items.repeats {
		return
	}
	for c := n.From(here.Index); here.Index < n.Len(); here.Index++ {
		r.AddDuplicates(&c.Next().Value, here)
	}
}

func (r *yamlReader) object(n *tree.Node, from *yaml.Node, at *tree.Place, depth int) {
	n.Kind = tree.Object
	if !r.collection(from, at, "!!map") {
		return
	}
	n.SetMembers(make([]tree.Member, 0, len(from.Content)/2))
	here := tree.Place{Up: at}
	for i := 0; i+1 < len(from.Content); i += 2 {
		key, value := from.Content[i], from.Content[i+1]
		if run := findRun(r.runs, key.Value); run != nil {
			r.unfold(n, run, from, key, value)
			continue
		}
		m := tree.Member{KeyAt: tree.Position{Line: uint32(key.Line), Column: uint32(key.Column)}}
		var ok bool
		m.Key, ok = r.key(key, at)
		here.Key = m.Key
		r.value(&m.Value, value, &here, depth+1)
		if ok {
			n.Append(m)
		}
	}
	r.AddDuplicates(n, at)
}

// unfold puts the lines of a run in place of the line that stood for them.
func (r *yamlReader) unfold(n *tree.Node, run *run, from, key, value *yaml.Node) {
	if run.items || !run.standsFor(from, key, value) {
		r.folded = true
		return
	}
	members, ok := pack(run, ':', foldedYAMLScalar)
	if !ok {
		r.folded = true
		return
	}
	run.used = true
	r.nodes += run.count
	n.Pack(members)
}

// standsFor reports whether a key and its value are what was put in the place of a run, in a
// place that its lines could have.
func (r *run) standsFor(from, key, value *yaml.Node) bool {
	return from.Style&yaml.FlowStyle == 0 && key.Style == 0 && value.Style == 0 && value.Value == "0" &&
		key.Line == r.first && value.Line == r.first && key.Anchor+value.Anchor == "" && !r.used
}

// foldedYAMLScalar reads a word of a folded line; it is false for one that
// needs a message.
func foldedYAMLScalar(word string, isQuoted bool) (tree.Node, bool) {
	if isQuoted {
		return tree.Node{Kind: tree.Text, Text: word}, true
	}
	n, message, _ := plainScalar(word)
	return n, message == ""
}

// collection checks the tag of a list or object.
func (r *yamlReader) collection(from *yaml.Node, at *tree.Place, tag string) bool {
	if from.Style&yaml.TaggedStyle == 0 || from.Tag == tag || from.Tag == "!" {
		return true
	}
	r.fail(from, at, "the tag "+tree.Shorten(from.Tag)+" is not supported", "remove it")
	return false
}

// key reads a key, which is a string.
func (r *yamlReader) key(from *yaml.Node, at *tree.Place) (string, bool) {
	if from.Kind == yaml.AliasNode && from.Alias != nil {
		from = from.Alias
	}
	if from.Kind != yaml.ScalarNode {
		r.fail(from, at, "a list or object cannot be a key", "")
		return "", false
	}
	scalar, message, hint := yamlScalar(from)
	switch {
	case message != "":
		r.fail(from, &tree.Place{Up: at, Key: from.Value}, message, hint)
		return from.Value, false
	case scalar.Kind == tree.Null:
		r.fail(from, at, "a key is empty", "")
		return from.Value, false
	case scalar.Kind != tree.Text:
		r.fail(from, &tree.Place{Up: at, Key: from.Value},
			"a key is a string, and YAML reads "+tree.Shorten(from.Value)+" as "+kindWords[scalar.Kind], "write it in quotes")
		return from.Value, false
	}
	if from.Anchor != "" && r.anchors[from] == nil {
		r.anchors[from] = &anchored{value: scalar, nodes: 1, done: true}
	}
	return scalar.Text, true
}

var kindWords = [...]string{
	tree.Null: "null", tree.Boolean: "a boolean", tree.Integer: "a number", tree.Float: "a number", tree.Text: "a string",
	tree.List: "a list", tree.Object: "an object",
}
