package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"math/big"
)

// The operators of mutation, as the report and accepted.txt name them.
const (
	opNegate     = "negate"     // a condition or a returned truth
	opLogic      = "logic"      // && and || swapped
	opBoundary   = "boundary"   // < to <=, and the like
	opArithmetic = "arithmetic" // + to -, * to /, and the like
	opRemove     = "remove"     // a statement is not executed
	opDrop       = "drop"       // an error is dropped
	opBoolean    = "boolean"    // true and false swapped
	opConstant   = "constant"   // a number is one more
)

// swaps are the tokens that are replaced by one another.
var swaps = map[token.Token]struct {
	operator string
	by       token.Token
}{
	token.LAND: {opLogic, token.LOR},
	token.LOR:  {opLogic, token.LAND},

	token.LSS: {opBoundary, token.LEQ},
	token.LEQ: {opBoundary, token.LSS},
	token.GTR: {opBoundary, token.GEQ},
	token.GEQ: {opBoundary, token.GTR},

	token.ADD:        {opArithmetic, token.SUB},
	token.SUB:        {opArithmetic, token.ADD},
	token.MUL:        {opArithmetic, token.QUO},
	token.QUO:        {opArithmetic, token.MUL},
	token.REM:        {opArithmetic, token.MUL},
	token.ADD_ASSIGN: {opArithmetic, token.SUB_ASSIGN},
	token.SUB_ASSIGN: {opArithmetic, token.ADD_ASSIGN},
	token.INC:        {opArithmetic, token.DEC},
	token.DEC:        {opArithmetic, token.INC},
}

// binary adds the mutant of an operator between two operands.
func (f *finder) binary(n *ast.BinaryExpr) {
	s, ok := swaps[n.Op]
	if !ok {
		return
	}
	code := f.code(n)
	text := f.between(n.Pos(), n.OpPos) + s.by.String() + f.between(n.OpPos+token.Pos(len(n.Op.String())), n.End())
	if parent, ok := f.parent().(*ast.BinaryExpr); ok && s.operator == opLogic && swaps[parent.Op].operator == opLogic {
		text = "(" + text + ")" // the operands stay the same
	}
	form := edit{}
	if s.operator == opArithmetic {
		if t := f.typeName(n); t != "" {
			form = f.replace(n, "mutantCall(\x00, func() "+t+" { return "+code+" }, func() "+t+" { return "+text+" })")
		}
	} else {
		form = f.replace(n, "(mutantIs(\x00) && ("+text+") || !mutantIs(\x00) && ("+code+"))")
	}
	f.add(s.operator, f.replace(n, text), form)
}

// swapStatement adds the mutant of x += y and x++.
func (f *finder) swapStatement(n ast.Stmt, at token.Pos, tok token.Token) {
	s, ok := swaps[tok]
	if !ok {
		return
	}
	text := f.between(n.Pos(), at) + s.by.String() + f.between(at+token.Pos(len(tok.String())), n.End())
	form := edit{}
	if f.inList(n) {
		form = f.replace(n, "if mutantIs(\x00) { "+text+" } else { "+f.code(n)+" }")
	}
	f.add(s.operator, f.replace(n, text), form)
}

// typeName writes the type of an expression, as the file may write it.
func (f *finder) typeName(e ast.Expr) string {
	t := f.source.info.TypeOf(e)
	if t == nil {
		return ""
	}
	return types.TypeString(t, func(p *types.Package) string {
		if p.Path() == f.source.path {
			return ""
		}
		return p.Name()
	})
}

// condition adds the mutants of the condition of an if or a for, if it has one.
// The comparison of an error to nil counts as a dropped error.
func (f *finder) condition(e ast.Expr) {
	if e == nil {
		return
	}
	if b, ok := e.(*ast.BinaryExpr); ok && f.universe(b.Y, "nil") && f.isError(b.X) {
		switch b.Op {
		case token.NEQ:
			f.add(opDrop, f.replace(e, f.code(e)+" && false"), f.replace(e, "("+f.code(e)+" && !mutantIs(\x00))"))
		case token.EQL:
			f.add(opDrop, f.replace(e, f.code(e)+" || true"), f.replace(e, "("+f.code(e)+" || mutantIs(\x00))"))
		}
		return
	}
	f.negate(e)
}

// cases adds the mutants of the conditions of a switch without a tag.
func (f *finder) cases(clause *ast.CaseClause) {
	if len(f.stack) < 3 {
		return
	}
	if s, ok := f.stack[len(f.stack)-3].(*ast.SwitchStmt); !ok || s.Tag != nil {
		return
	}
	for _, e := range clause.List {
		f.condition(e)
	}
}

// negate adds the mutant with the opposite truth. It leaves true and false to
// another operator.
func (f *finder) negate(e ast.Expr) {
	if !f.universe(e, "true") && !f.universe(e, "false") {
		f.add(opNegate, f.replace(e, "!("+f.code(e)+")"), f.replace(e, "(mutantIs(\x00) != ("+f.code(e)+"))"))
	}
}

func (f *finder) isBool(e ast.Expr) bool {
	t := f.source.info.TypeOf(e)
	if t == nil {
		return false
	}
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsBoolean != 0
}

func (f *finder) boolean(n *ast.Ident) {
	switch {
	case f.universe(n, "true"):
		f.add(opBoolean, f.replace(n, "false"), f.replace(n, "!mutantIs(\x00)"))
	case f.universe(n, "false"):
		f.add(opBoolean, f.replace(n, "true"), f.replace(n, "mutantIs(\x00)"))
	}
}

// constant adds the mutant with a number that is one more. It leaves out
// numbers with a prefix, which are mostly modes and masks, and sizes that make
// allocates in advance, which change no result.
func (f *finder) constant(n *ast.BasicLit) {
	if n.Kind != token.INT || f.allocates(n) {
		return
	}
	number, ok := new(big.Int).SetString(n.Value, 10)
	if !ok || (n.Value[0] == '0' && n.Value != "0") {
		return
	}
	text := number.Add(number, big.NewInt(1)).String()
	form := f.replace(n, "mutantPick["+f.typeName(n)+"](\x00, "+n.Value+", "+text+")")
	f.add(opConstant, f.replace(n, text), form)
}

func (f *finder) allocates(n *ast.BasicLit) bool {
	call, ok := f.parent().(*ast.CallExpr)
	if !ok || !f.universe(call.Fun, "make") {
		return false
	}
	_, isMap := f.source.info.TypeOf(call.Args[0]).Underlying().(*types.Map)
	return isMap || (len(call.Args) == 3 && call.Args[2] == ast.Expr(n))
}
