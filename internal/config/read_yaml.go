// SPDX-License-Identifier: Apache-2.0

package config

import (
	"go.yaml.in/yaml/v4"
)

// yamlReader turns the library's tree into ours. The library finds structure
// and positions; what a scalar means is decided here (resolvePlain), because
// the library reads YAML 1.2 with additions and Knot Resolver reads YAML 1.1.
type yamlReader struct {
	runs []run
	findings
	nodes   int
	anchors map[*yaml.Node]*anchored
	folded  bool // a run was not where it was expected
}

// anchored is the value of an anchor. Aliases share it, so that a document
// that expands to billions of values costs nothing before it is refused.
type anchored struct {
	value node
	nodes int
	done  bool
}

// readYAML gives the tree of a YAML text.
func readYAML(src string) (node, Problems) {
	if problem := checkYAMLText(src); problem != nil {
		return node{}, Problems{*problem}
	}
	src = ignoreYAMLVersion(src)
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
func readYAMLFolded(src string, runs []run) (node, Problems, bool) {
	if countYAMLNodes(src) > maxNodes {
		return node{}, Problems{{Severity: SeverityError, Message: tooManyValues}}, true
	}
	document, problem := loadYAML(src)
	if problem != nil {
		return node{}, Problems{*problem}, runs == nil
	}
	r := yamlReader{runs: runs, anchors: make(map[*yaml.Node]*anchored)}
	var root node
	r.value(&root, document, &place{}, 0)
	for i := range runs {
		if !runs[i].used {
			return node{}, nil, false
		}
	}
	return root, r.in(""), !r.folded
}

// fail notes a problem at a node.
func (r *yamlReader) fail(n *yaml.Node, at *place, message, hint string) {
	r.add(at, position{uint32(n.Line), uint32(n.Column)}, SeverityError, message, hint)
}

// value converts from into n. Every problem is noted, and reading goes on.
func (r *yamlReader) value(n *node, from *yaml.Node, at *place, depth int) {
	if r.nodes++; r.nodes > maxNodes {
		if r.nodes == maxNodes+1 {
			r.fail(from, at, tooManyValues, "")
		}
		return
	}
	n.at = position{uint32(from.Line), uint32(from.Column)}
	if depth >= maxDepth && (from.Kind == yaml.MappingNode || from.Kind == yaml.SequenceNode) {
		r.fail(from, at, tooDeep, "")
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
func (r *yamlReader) plain(n *node, from *yaml.Node, at *place, depth int) {
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
		scalar.at = n.at
		*n = scalar
	}
}

func (r *yamlReader) alias(n *node, from *yaml.Node, at *place) {
	target := r.anchors[from.Alias]
	if target == nil || !target.done {
		r.fail(from, at, "the alias *"+shorten(from.Value)+" is inside of its own anchor", "")
		return
	}
	if r.nodes += target.nodes; r.nodes > maxNodes {
		r.fail(from, at, tooManyValues+", with aliases expanded", "")
		r.nodes -= target.nodes
		return
	}
	*n = target.value
}

func (r *yamlReader) list(n *node, from *yaml.Node, at *place, depth int) {
	n.kind = list
	if !r.collection(from, at, "!!seq") {
		return
	}
	n.members = make([]member, len(from.Content))
	here := place{up: at, list: true}
	for i, item := range from.Content {
		here.index = i
		r.value(&n.members[i].value, item, &here, depth+1)
	}
}

func (r *yamlReader) object(n *node, from *yaml.Node, at *place, depth int) {
	n.kind = object
	if !r.collection(from, at, "!!map") {
		return
	}
	n.members = make([]member, 0, len(from.Content)/2)
	here := place{up: at}
	for i := 0; i+1 < len(from.Content); i += 2 {
		key, value := from.Content[i], from.Content[i+1]
		if run := findRun(r.runs, key.Value); run != nil {
			r.unfold(n, run, from, key, value)
			continue
		}
		m := member{keyAt: position{uint32(key.Line), uint32(key.Column)}}
		var ok bool
		m.key, ok = r.key(key, at)
		here.key = m.key
		r.value(&m.value, value, &here, depth+1)
		if ok {
			n.members = append(n.members, m)
		}
	}
	r.addDuplicates(n, at)
}

// unfold puts the lines of a run in place of the line that stood for them.
func (r *yamlReader) unfold(n *node, run *run, from, key, value *yaml.Node) {
	if from.Style&yaml.FlowStyle != 0 || key.Style != 0 || value.Style != 0 || value.Value != "0" ||
		key.Line != run.first || value.Line != run.first || key.Anchor+value.Anchor != "" || run.used {
		r.folded = true
		return
	}
	members, ok := run.unfold(':', foldedYAMLScalar)
	if !ok {
		r.folded = true
		return
	}
	run.used = true
	r.nodes += len(members)
	if len(n.members) == 0 {
		n.members = members
	} else {
		n.members = append(n.members, members...)
	}
}

// foldedYAMLScalar reads a word of a folded line; it is false for one that
// needs a message.
func foldedYAMLScalar(word string, isQuoted bool) (node, bool) {
	if isQuoted {
		return node{kind: text, text: word}, true
	}
	n, message, _ := plainScalar(word)
	return n, message == ""
}

// collection checks the tag of a list or object.
func (r *yamlReader) collection(from *yaml.Node, at *place, tag string) bool {
	if from.Style&yaml.TaggedStyle == 0 || from.Tag == tag || from.Tag == "!" {
		return true
	}
	r.fail(from, at, "the tag "+shorten(from.Tag)+" is not supported", "remove it")
	return false
}

// key reads a key, which is a string.
func (r *yamlReader) key(from *yaml.Node, at *place) (string, bool) {
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
		r.fail(from, &place{up: at, key: from.Value}, message, hint)
		return from.Value, false
	case scalar.kind == null:
		r.fail(from, at, "a key is empty", "")
		return from.Value, false
	case scalar.kind != text:
		r.fail(from, &place{up: at, key: from.Value},
			"a key is a string, and YAML reads "+shorten(from.Value)+" as "+kindWords[scalar.kind], "write it in quotes")
		return from.Value, false
	}
	if from.Anchor != "" && r.anchors[from] == nil {
		r.anchors[from] = &anchored{value: scalar, nodes: 1, done: true}
	}
	return scalar.text, true
}

var kindWords = [...]string{
	null: "null", boolean: "a boolean", integer: "a number", float: "a number", text: "a string",
	list: "a list", object: "an object",
}
