// Panics as its argument says; the trace goes to stderr.
package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"example.com/shop/bank"
)

func main() {
	switch os.Args[1] {
	case "map":
		new(bank.Gateway).Charge("17")
	case "index":
		bank.Gateway{}.Index([]int{1, 2, 3}, len(os.Args)+3)
	case "generic":
		bank.First([]string{})
	case "repanic":
		bank.Repanic()
	case "workers":
		bank.Workers()
	case "nil":
		bank.Nil()
	case "deadlock":
		bank.Deadlock()
	case "stack":
		func() { fmt.Fprint(os.Stderr, string(debug.Stack())) }()
	}
}
