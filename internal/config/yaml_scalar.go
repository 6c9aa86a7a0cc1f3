// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// yamlScalar is the value of a scalar, or what is wrong with it.
func yamlScalar(from *yaml.Node) (n node, message, hint string) {
	const quotes = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if strings.IndexByte(from.Value, 0) >= 0 {
		return n, "a NUL character is not allowed", ""
	}
	switch {
	case from.Style&yaml.TaggedStyle != 0 && from.Tag != "!":
		return taggedScalar(from)
	case from.Style&quotes != 0 || from.Tag == "!":
		return node{kind: text, text: from.Value}, "", ""
	default:
		return plainScalar(from.Value)
	}
}

// plainScalar is the value of a scalar without quotes.
func plainScalar(s string) (n node, message, hint string) {
	kind := resolvePlain(s)
	if (kind == plainInt || kind == plainFloat) && len(s) > maxNumber {
		return n, "a number of more than " + strconv.Itoa(maxNumber) + " characters", ""
	}
	ok := true
	switch kind {
	case plainNull:
		n.kind = null
	case plainBool:
		n.kind, n.text = boolean, strconv.FormatBool(isYAMLTrue(s))
	case plainInt:
		n.kind = integer
		n.text, ok = yamlInteger(s)
	case plainFloat:
		n.kind = float
		n.text, ok = yamlFloat(s)
	case plainDate:
		return n, "YAML reads " + shorten(s) + " as a date, which no key takes", "write it in quotes"
	case plainMerge:
		return n, "merge keys (<<) are not supported", "repeat what they stand for"
	case plainEquals:
		return n, "a plain = is not supported", "write it in quotes"
	default:
		n.kind, n.text = text, s
	}
	if !ok {
		return n, shorten(s) + " is not a finite number", ""
	}
	return n, "", ""
}

// taggedScalar is the value of a scalar with an explicit type.
func taggedScalar(from *yaml.Node) (n node, message, hint string) {
	want, known := map[string]kind{
		"!!str": text, "!!int": integer, "!!float": float, "!!bool": boolean, "!!null": null,
	}[from.Tag]
	if !known {
		return n, "the tag " + shorten(from.Tag) + " is not supported", "remove it"
	}
	if want == text {
		return node{kind: text, text: from.Value}, "", ""
	}
	n, message, hint = plainScalar(from.Value)
	if message == "" && n.kind == integer && want == float {
		n.kind, n.text = float, n.text+".0"
	}
	if message == "" && n.kind != want {
		return n, strconv.Quote(shorten(from.Value)) + " is not " + kindWords[want], "it is tagged " + from.Tag
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
	return pythonFloat(value), true
}

// isJSONNumber says whether a number is spelled as JSON allows (RFC 8259
// section 6).
func isJSONNumber(s string) bool {
	r := jsonReader{cursor: newCursor(s)}
	return r.number(new(node)) && r.off == len(s)
}
