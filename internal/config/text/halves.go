// SPDX-License-Identifier: Apache-2.0

package text

import "runtime"

// halfMin is how many bytes of a run make it worth while to pack its halves at once.
var halfMin = 1 << 16

// packAll packs a run, its halves on two cores where it is long. It is false as pack is.
func packAll(r *run, separator byte, scalar scalarOf) ([]*packed, bool) {
	first, second, ok := r.halves()
	if !ok || runtime.GOMAXPROCS(0) == 1 {
		p, ok := pack(r, separator, scalar)
		return []*packed{p}, ok
	}
	type result struct {
		p     *packed
		ok    bool
		panic any
	}
	other := make(chan result, 1)
	go func() {
		var res result
		defer func() {
			res.panic = recover() // goes on in who asked, which knows what to do about it
			other <- res
		}()
		res.p, res.ok = pack(&second, separator, scalar)
	}()
	p, ok := pack(&first, separator, scalar)
	res := <-other
	if res.panic != nil {
		panic(res.panic)
	}
	return []*packed{p, res.p}, ok && res.ok
}

// halves splits a run between two lines or items.
func (r *run) halves() (first, second run, ok bool) {
	if len(r.lines) < halfMin {
		return first, second, false
	}
	at, lines, count := 0, 0, 0
	dash, _ := itemStart(r.lines[:LineEnd(r.lines, 0)])
	for ; at < len(r.lines); at = LineEnd(r.lines, at) {
		if begins, _ := itemStart(r.lines[at:]); !r.items || begins == dash {
			if at > len(r.lines)/2 {
				break
			}
			count++
		}
		lines++
	}
	first, second = *r, *r
	first.lines, first.count = r.lines[:at], count
	second.lines, second.count, second.first = r.lines[at:], r.count-count, r.first+lines
	return first, second, at < len(r.lines)
}
