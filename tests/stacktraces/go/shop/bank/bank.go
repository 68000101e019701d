// Package bank fails in the ways that banks do.
package bank

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

type Gateway struct{ limits map[string]int }

type Refused struct{ Order string }

func (r *Refused) Error() string { return "refused:\n" + r.Order }

//go:noinline
func (g *Gateway) Charge(order string) int {
	g.limits[order] = 1
	return len(order)
}

//go:noinline
func (g Gateway) Index(list []int, at int) int { return list[at] }

//go:noinline
func First[T any](list []T) T { return list[0] }

func Repanic() {
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Errorf("wrapped: %v", r))
		}
	}()
	panic(&Refused{"17"})
}

func Workers() {
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func(n int) {
			defer wg.Done()
			if n == 2 {
				time.Sleep(10 * time.Millisecond)
				panic(errors.New("worker failed"))
			}
			time.Sleep(time.Second)
		}(i)
	}
	wg.Wait()
}

func Nil() {
	var g *Gateway
	g.limits["x"]++
}

func Deadlock() {
	var mu sync.Mutex
	mu.Lock()
	mu.Lock()
}
