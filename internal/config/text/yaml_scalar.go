// SPDX-License-Identifier: Apache-2.0

package text

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"kresd-manager/internal/config/tree"
)

// yamlScalar is the value of a scalar, or what is wrong with it.
func yamlScalar(from *yaml.Node) (n tree.Node, message, hint string) {
	const quotes = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if strings.IndexByte(from.Value, 0) >= 0 {
		return n, "a NUL character is not allowed", ""
	}
	switch {
	case from.Style&yaml.TaggedStyle != 0 && from.Tag != "!":
		return taggedScalar(from)
	case from.Style&quotes != 0 || from.Tag == "!":
		return tree.Node{Kind: tree.Text, Text: from.Value}, "", ""
	default:
		return plainScalar(from.Value)
	}
}

// plainScalar is the value of a scalar without quotes.
func plainScalar(s string) (n tree.Node, message, hint string) {
	kind := resolvePlain(s)
	if (kind == plainInt || kind == plainFloat) && len(s) > tree.MaxNumber {
		return n, "a number of more than " + strconv.Itoa(tree.MaxNumber) + " characters", ""
	}
	ok := true
	switch kind {
	case plainNull:
		n.Kind = tree.Null
	case plainBool:
		n.Kind, n.Text = tree.Boolean, strconv.FormatBool(isYAMLTrue(s))
	case plainInt:
		n.Kind = tree.Integer
		n.Text, ok = yamlInteger(s)
	case plainFloat:
		n.Kind = tree.Float
		n.Text, ok = yamlFloat(s)
	case plainDate:
		return n, "YAML reads " + tree.Shorten(s) + " as a date, which no key takes", "write it in quotes"
	case plainMerge:
		return n, "merge keys (<<) are not supported", "repeat what they stand for"
	case plainEquals:
		return n, "a plain = is not supported", "write it in quotes"
	default:
		n.Kind, n.Text = tree.Text, s
	}
	if !ok {
		return n, tree.Shorten(s) + " is not a finite number", ""
	}
	return n, "", ""
}

// taggedScalar is the value of a scalar with an explicit type.
func taggedScalar(from *yaml.Node) (n tree.Node, message, hint string) {
	want, known := map[string]tree.Kind{
		"!!str": tree.Text, "!!int": tree.Integer, "!!float": tree.Float, "!!bool": tree.Boolean, "!!null": tree.Null,
	}[from.Tag]
	if !known {
		return n, "the tag " + tree.Shorten(from.Tag) + " is not supported", "remove it"
	}
	if want == tree.Text {
		return tree.Node{Kind: tree.Text, Text: from.Value}, "", ""
	}
	n, message, hint = plainScalar(from.Value)
	if message == "" && n.Kind == tree.Integer && want == tree.Float {
		n.Kind, n.Text = tree.Float, n.Text+".0"
	}
	if message == "" && n.Kind != want {
		return n, strconv.Quote(tree.Shorten(from.Value)) + " is not " + kindWords[want], "it is tagged " + from.Tag
	}
	return n, message, hint
}

// yamlInteger is the decimal spelling of a plain scalar of kind plainInt.
// It is false for what looks like a number and has no digits.
func yamlInteger(s string) (string, bool) {
	digits := strings.ReplaceAll(s, "_", "")
	sign := ""
	if digits[0] == '-' || digits[0] == '+' {
		sign, digits = digits[:1], digits[1:]
	}
	value, ok := new(big.Int), true
	switch {
	case strings.Contains(digits, ":"):
		sixty := big.NewInt(60)
		for group := range strings.SplitSeq(digits, ":") {
			n, err := strconv.ParseInt(group, 10, 64)
			if err != nil {
				return "", false
			}
			value.Add(value.Mul(value, sixty), big.NewInt(n))
		}
	case strings.HasPrefix(digits, "0b"):
		_, ok = value.SetString(digits[2:], 2)
	case strings.HasPrefix(digits, "0x"):
		_, ok = value.SetString(digits[2:], 16)
	case strings.HasPrefix(digits, "0"):
		_, ok = value.SetString(digits, 8)
	default:
		_, ok = value.SetString(digits, 10)
	}
	if sign == "-" {
		value.Neg(value)
	}
	return value.String(), ok
}

// yamlFloat is the spelling in JSON of a plain scalar of kind plainFloat. It
// is false for infinities and NaN, which JSON does not have.
func yamlFloat(s string) (string, bool) {
	digits := strings.ReplaceAll(s, "_", "")
	value := 0.0
	groups := strings.Split(strings.TrimLeft(digits, "+-"), ":")
	for _, group := range groups {
		f, err := strconv.ParseFloat(group, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return "", false
		}
		value = value*60 + f
	}
	if digits[0] == '-' {
		value = -value
	}
	if len(groups) == 1 && isJSONNumber(digits) {
		return digits, true
	}
	return tree.PythonFloat(value), true
}

// isJSONNumber says whether a number is spelled as JSON allows (RFC 8259
// section 6).
func isJSONNumber(s string) bool {
	r := jsonReader{cursor: newCursor(s)}
	return r.number(new(tree.Node)) && r.off == len(s)
}
