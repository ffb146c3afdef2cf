// What cel-go says: reads lines {"filter", "payload"} and writes lines {"says"}: true, false, failed, or refused where it
// does not parse. Expressions are not type-checked: payloads have no types. Numbers of payloads are int64 where they are
// written without fraction and exponent and fit, else float64.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
)

type asked struct {
	Filter  string `json:"filter"`
	Payload string `json:"payload"`
}

func native(value any) any {
	switch of := value.(type) {
	case json.Number:
		if !strings.ContainsAny(of.String(), ".eE") {
			if whole, err := strconv.ParseInt(of.String(), 10, 64); err == nil {
				return whole
			}
		}
		real, _ := of.Float64()
		return real
	case []any:
		for i := range of {
			of[i] = native(of[i])
		}
	case map[string]any:
		for name := range of {
			of[name] = native(of[name])
		}
	}
	return value
}

func payload(text string) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return native(value), err
}

func says(env *cel.Env, question asked) string {
	ast, issues := env.Parse(question.Filter)
	if issues.Err() != nil {
		return "refused"
	}
	program, err := env.Program(ast)
	if err != nil {
		return "refused"
	}
	data, err := payload(question.Payload)
	if err != nil {
		panic(err)
	}
	event := map[string]any{"id": "evt_1", "source": "/shop", "type": "order.created", "tenant": "default", "data": data}
	result, _, err := program.Eval(map[string]any{
		"data": data, "event": event, "headers": map[string]string{"x-event": "push"}, "query": map[string]string{"a": "1"}})
	if err != nil {
		return "failed"
	}
	if value, ok := result.Value().(bool); ok {
		return strconv.FormatBool(value)
	}
	return "failed"
}

func main() {
	env, err := cel.NewEnv(cel.Variable("data", cel.DynType), cel.Variable("event", cel.DynType),
		cel.Variable("headers", cel.DynType), cel.Variable("query", cel.DynType))
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var question asked
		if err := json.Unmarshal(lines.Bytes(), &question); err != nil {
			panic(err)
		}
		fmt.Println(says(env, question))
	}
}
