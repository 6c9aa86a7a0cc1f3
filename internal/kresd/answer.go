// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"encoding/json"
	"fmt"
)

// rawAnswer is an object that may tell a problem in place of a result.
type rawAnswer json.RawMessage

// UnmarshalJSON keeps the text.
func (a *rawAnswer) UnmarshalJSON(text []byte) error {
	*a = append((*a)[:0], text...)
	return nil
}

// decode stores the object, or fails with the problem as a *LuaError.
func (a rawAnswer) decode(result any) error {
	var refused struct{ Problem string }
	if err := json.Unmarshal(a, &refused); err != nil {
		return fmt.Errorf("cannot understand the answer %.80q: %w", []byte(a), err)
	}
	if refused.Problem != "" {
		return &LuaError{Message: refused.Problem}
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(a, result); err != nil {
		return fmt.Errorf("cannot understand the answer %.80q: %w", []byte(a), err)
	}
	return nil
}
