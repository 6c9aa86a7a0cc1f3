// SPDX-License-Identifier: Apache-2.0

package config

import "strings"

// SearchKeys lists the declared keys that have all words in their pointer or in what they
// mean; in which case they are written does not matter. Without a word it lists none.
func SearchKeys(words []string) []KeyInfo {
	if len(words) == 0 {
		return nil
	}
	var found []KeyInfo
keys:
	for _, k := range Keys() {
		text := strings.ToLower(k.Pointer + "\n" + k.Doc)
		for _, word := range words {
			if !strings.Contains(text, strings.ToLower(word)) {
				continue keys
			}
		}
		found = append(found, k)
	}
	return found
}
