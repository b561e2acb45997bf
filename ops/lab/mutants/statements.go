package main

import (
	"go/ast"
	"go/token"
)

// removable adds the mutant that does not execute a statement. An "if false"
// around it keeps its names used and its line where it is. Statements that
// declare stay, and so do defer and go, which have to be paired.
func (f *finder) removable(n ast.Stmt) {
	if !f.inList(n) {
		return
	}
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.ASSIGN || blank(n.Lhs) {
			return
		}
	case *ast.ExprStmt:
		call, ok := n.X.(*ast.CallExpr)
		if !ok || f.logs(call) {
			return
		}
	case *ast.BranchStmt:
		if n.Tok != token.BREAK && n.Tok != token.CONTINUE {
			return
		}
	}
	f.remove(n)
}

func (f *finder) remove(n ast.Stmt) {
	f.add(opRemove, f.replace(n, "if false { "+f.code(n)+" }"), f.replace(n, "if !mutantIs(\x00) { "+f.code(n)+" }"))
}

// inList reports whether the visited statement is one of a list, rather than a
// part of an if, for, switch or select.
func (f *finder) inList(n ast.Stmt) bool {
	switch parent := f.parent().(type) {
	case *ast.BlockStmt, *ast.CaseClause:
		return true
	case *ast.CommClause:
		return parent.Comm != n
	}
	return false
}

func blank(names []ast.Expr) bool {
	for _, e := range names {
		if ident, ok := e.(*ast.Ident); !ok || ident.Name != "_" {
			return false
		}
	}
	return true
}

// results adds the mutants of a return: without the return, with a dropped
// error, with the opposite truth.
func (f *finder) results(n *ast.ReturnStmt) {
	if !f.inList(n) {
		return
	}
	if len(n.Results) == 0 {
		f.remove(n)
		return
	}
	types := f.resultTypes()
	if len(types) != len(n.Results) {
		return
	}
	for i, e := range n.Results {
		if f.isBool(types[i]) {
			f.negate(e)
		}
	}
	last := n.Results[len(n.Results)-1]
	if f.isError(types[len(types)-1]) && !f.universe(last, "nil") {
		// The error is evaluated all the same: a call has its effects, and a
		// variable its use.
		text := "_ = " + f.code(last) + "; " + f.between(n.Pos(), last.Pos()) + "nil"
		f.add(opDrop, f.replace(n, text), f.replace(n, "if mutantIs(\x00) { "+text+" }; "+f.code(n)))
	}
}

// resultTypes are the types of the results of the function around the visited
// node, one for each.
func (f *finder) resultTypes() []ast.Expr {
	var list *ast.FieldList
	for _, n := range f.stack {
		switch n := n.(type) {
		case *ast.FuncDecl:
			list = n.Type.Results
		case *ast.FuncLit:
			list = n.Type.Results
		}
	}
	if list == nil {
		return nil
	}
	var types []ast.Expr
	for _, field := range list.List {
		for range max(1, len(field.Names)) {
			types = append(types, field.Type)
		}
	}
	return types
}
