// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"fmt"
	"runtime/debug"
)

// beside does something on another core. The function that it returns waits for the end, and
// has a panic go on in who waits, who may do so more than once.
func beside(f func()) (wait func()) {
	ended := make(chan string, 1)
	go func() {
		defer close(ended)
		defer func() {
			if p := recover(); p != nil {
				ended <- fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
		}()
		f()
	}()
	return func() {
		if p := <-ended; p != "" {
			panic(p)
		}
	}
}
