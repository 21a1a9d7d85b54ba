// Which custom errors a function can end in, which events it emits, and which tests bring it there.
import { walk } from "./solidity-ast.mjs";

/** @typedef {import("./solidity-ast.mjs").Node} Node */
/** @typedef {ReturnType<typeof import("./solidity-ast.mjs").readTree>} Tree */
/**
 * `ours`: the code is in contracts/ and not a constant or a library's. `changes`: it is no view.
 * @typedef {{ name: string, selector: string, ours: boolean, changes: boolean, errors: Set<string>, events: Set<string> }} Entry
 */
/**
 * `named` only: handed to abi.encodeCall or the like, perhaps to be called at a low level. `events`: expected of it
 * whole, and of a named emitter.
 * @typedef {{ selector: string, type: number, errors: Set<string> | undefined, events: Set<string>, named: boolean }} Call
 */
/** @typedef {{ name: string, calls: Call[], mentions: Set<string>, asserts: boolean }} TestCase */
/** Errors that a variable may hold. @typedef {Map<number, Set<string>>} Held */

const CONSTRUCTOR = "constructor";

/**
 * @param {Tree} tree
 * @param {number} id
 * @param {Node} contract the contract that runs
 * @returns {Node | undefined} the function called, overrides resolved
 */
function resolve({ declared }, id, contract) {
  /** @param {Node} node @returns {boolean} */
  const overrides = (node) =>
    node.id === id ||
    (node.baseFunctions ?? node.baseModifiers ?? []).some(
      (/** @type {number} */ base) => base === id || overrides(declared.get(base)?.node ?? node),
    );
  const target = declared.get(id);
  if (!target || !contract.linearizedBaseContracts.includes(target.contract?.id)) return target?.node;
  for (const base of contract.linearizedBaseContracts) {
    const candidates = declared.get(base)?.node.nodes ?? [];
    const found = candidates.find(
      (/** @type {Node} */ node) => node.nodeType === target.node.nodeType && node.body && overrides(node),
    );
    if (found) return found;
  }
  return target.node;
}

/** @param {Node} call */
function calleeOf(call) {
  let callee = call.expression;
  while (callee?.nodeType === "FunctionCallOptions") callee = callee.expression;
  return /** @type {Node} */ (callee);
}

/** The contract type of an expression, if it has one. @param {Node | undefined} expression */
function contractType(expression) {
  const [, id] = /^t_contract\$_.*_\$(\d+)$/.exec(expression?.typeDescriptions?.typeIdentifier ?? "") ?? [];
  return id === undefined ? undefined : Number(id);
}

/**
 * The custom errors that `start` reverts with itself or through what it calls inside, and the events.
 * @param {Tree} tree
 * @param {Node} start
 * @param {Node} contract
 */
function outcomesOf(tree, start, contract) {
  /** @type {Set<string>} */
  const errors = new Set();
  /** @type {Set<string>} */
  const events = new Set();
  const seen = new Set();
  /** @param {Node | undefined} node */
  const follow = (node) => {
    if (!node || seen.has(node.id)) return;
    seen.add(node.id);
    walk([node.body, node.modifiers], (part) => {
      const named = tree.declared.get(part.referencedDeclaration)?.node;
      if (named?.nodeType === "ErrorDefinition") {
        errors.add(named.name);
      } else if (named?.nodeType === "EventDefinition") {
        events.add(named.name);
      } else if (part.nodeType === "ModifierInvocation") {
        follow(resolve(tree, part.modifierName.referencedDeclaration, contract));
      } else if (part.nodeType === "FunctionCall" && part.kind === "functionCall") {
        const callee = calleeOf(part);
        const id = callee.referencedDeclaration;
        const target = tree.declared.get(id);
        if (target?.node.nodeType !== "FunctionDefinition") return;
        if (callee.nodeType === "Identifier") follow(resolve(tree, id, contract));
        else if (callee.expression?.name === "super" || target.contract?.contractKind === "library") {
          follow(target.node);
        }
      }
    });
  };
  follow(start);
  return { errors, events };
}

/**
 * @param {Tree} tree
 * @param {string} name
 * @returns {{ contract: Node, entries: Entry[] }} the contract's constructor and external functions
 */
export function entriesOf(tree, name) {
  const contract = tree.contracts.find((each) => each.name === name && each.contractKind === "contract");
  if (!contract) throw new Error(`no contract ${name}`);
  /** @type {Map<string, Entry>} */
  const entries = new Map();
  for (const base of contract.linearizedBaseContracts) {
    for (const node of tree.declared.get(base)?.node.nodes ?? []) {
      const constructs = node.kind === CONSTRUCTOR;
      const selector = constructs ? CONSTRUCTOR : node.functionSelector;
      const callable = node.nodeType === "FunctionDefinition" || node.nodeType === "VariableDeclaration";
      if (!callable || !selector) continue;
      const { errors, events } = outcomesOf(tree, node, contract);
      const known = entries.get(selector);
      if (known) {
        // Every constructor of the line runs; of a function, the one furthest down.
        if (constructs) for (const error of errors) known.errors.add(error);
        continue;
      }
      const ours = !node.constant && /^contracts\//.test(tree.declared.get(node.id)?.path ?? "");
      const changes = /^(?:nonpayable|payable)$/.test(node.stateMutability ?? "");
      const name = constructs ? CONSTRUCTOR : node.name;
      entries.set(selector, { name, selector, ours, changes, errors, events });
    }
  }
  return { contract, entries: [...entries.values()] };
}

/**
 * @param {Tree} tree
 * @returns {TestCase[]} what each test calls, in order, and the error or the events it expects of each call
 */
export function readTests(tree) {
  const testContracts = tree.contracts.filter(
    (contract) => tree.declared.get(contract.id)?.path.endsWith(".t.sol") && !contract.abstract,
  );
  return testContracts.flatMap((contract) => {
    const seen = new Set();
    return contract.linearizedBaseContracts.flatMap((/** @type {number} */ base) =>
      (tree.declared.get(base)?.node.nodes ?? [])
        .filter((/** @type {Node} */ node) => {
          const fresh = /^test/.test(node.name ?? "") && node.body && !seen.has(node.name);
          seen.add(node.name);
          return fresh;
        })
        .map((/** @type {Node} */ node) => readTest(tree, contract, node)),
    );
  });
}

/**
 * @param {Tree} tree
 * @param {Node} contract
 * @param {Node} test
 * @returns {TestCase}
 */
function readTest(tree, contract, test) {
  /** @type {Call[]} */
  const calls = [];
  /** @type {Set<string>} */
  const mentions = new Set();
  /** @type {Set<string> | undefined} */
  let expected;
  /** @type {Set<string>} */
  let events = new Set();
  let emitting = false;
  let asserts = false;
  const isOurs = (/** @type {number | undefined} */ id) =>
    id !== undefined && tree.declared.get(id)?.path.startsWith("test/");

  /** @param {unknown} expression @param {Held} held @param {number} depth @returns {Set<string>} */
  function errorsIn(expression, held, depth = 0) {
    /** @type {Set<string>} */
    const errors = new Set();
    walk(expression, (node) => {
      const id = node.referencedDeclaration;
      const target = tree.declared.get(id)?.node;
      if (target?.nodeType === "ErrorDefinition") errors.add(target.name);
      for (const error of held.get(id) ?? []) errors.add(error);
      if (target?.nodeType === "FunctionDefinition" && isOurs(id) && depth < 3) {
        for (const error of errorsIn(target.body, new Map(), depth + 1)) errors.add(error);
      }
    });
    return errors;
  }

  /** @param {string} selector @param {number} type @param {boolean} changes */
  const called = (selector, type, changes) => {
    calls.push({ selector, type, errors: expected, events, named: false });
    expected = undefined;
    // A view emits nothing, so that what is expected is still to come.
    if (changes) events = new Set();
  };
  /** @param {string} selector @param {number} type */
  const named = (selector, type) =>
    calls.push({ selector, type, errors: undefined, events: new Set(), named: true });

  /** @param {Node} call @param {Held} held @param {number[]} stack */
  function visitCall(call, held, stack) {
    const callee = calleeOf(call);
    const args = call.arguments;
    if (callee.nodeType === "MemberAccess" && /^expect(?:Partial)?Revert$/.test(callee.memberName)) {
      expected = errorsIn(args, held);
      return;
    }
    // Without the emitter, anybody's event would do.
    if (callee.nodeType === "MemberAccess" && callee.memberName === "expectEmit") {
      emitting = args.at(-1)?.typeDescriptions.typeString === "address";
      return;
    }
    if (callee.nodeType === "Identifier" && /^assert/.test(callee.name)) asserts = true;
    visit(args, held, stack);
    visit(callee.expression, held, stack);
    if (callee.nodeType === "NewExpression") {
      // Not that of an array.
      if (callee.typeName.nodeType !== "UserDefinedTypeName") return;
      called(CONSTRUCTOR, callee.typeName.referencedDeclaration, true);
      return;
    }
    const id = callee.referencedDeclaration;
    const target = tree.declared.get(id);
    if (!target || target.path.includes("/forge-std/")) return;
    if (target.node.nodeType === "FunctionDefinition" && isOurs(id)) {
      const inner = callee.nodeType === "Identifier" ? resolve(tree, id, contract) : target.node;
      if (!inner?.body || stack.includes(inner.id) || stack.length > 12) return;
      /** @type {Held} */
      const passed = new Map();
      inner.parameters.parameters.forEach((/** @type {Node} */ parameter, /** @type {number} */ i) => {
        passed.set(parameter.id, errorsIn(args[i], held));
      });
      visit(inner.body, passed, [...stack, inner.id]);
      return;
    }
    const type = contractType(callee.expression);
    if (type === undefined || !target.node.functionSelector) return;
    const { functionSelector, stateMutability = "view" } = target.node;
    called(functionSelector, type, !/^(?:view|pure)$/.test(stateMutability));
  }

  /** Either branch starts with what is expected before it. @param {Node} node @param {Held} held @param {number[]} stack */
  function visitIf({ condition, trueBody, falseBody }, held, stack) {
    visit(condition, held, stack);
    const before = { expected, events, emitting };
    events = new Set(events);
    visit(trueBody, held, stack);
    const afterwards = { expected, events };
    ({ expected, events, emitting } = before);
    visit(falseBody, held, stack);
    expected ??= afterwards.expected;
    events = new Set([...events, ...afterwards.events]);
  }

  /** @param {unknown} tree_ @param {Held} held @param {number[]} stack */
  function visit(tree_, held, stack) {
    if (Array.isArray(tree_)) {
      for (const each of tree_) visit(each, held, stack);
      return;
    }
    if (tree_ === null || typeof tree_ !== "object") return;
    const node = /** @type {Node} */ (tree_);
    const id = node.referencedDeclaration;
    const target = tree.declared.get(id);
    if (target?.node.nodeType === "ErrorDefinition") mentions.add(target.node.name);
    if (node.nodeType === "EmitStatement") {
      const event = tree.declared.get(node.eventCall.expression.referencedDeclaration)?.node;
      if (emitting && event) events.add(event.name);
      emitting = false;
    }
    if (node.nodeType === "FunctionCall" && node.kind === "functionCall") {
      visitCall(node, held, stack);
      for (const error of errorsIn(node.arguments, held)) mentions.add(error);
      return;
    }
    if (node.nodeType === "IfStatement") {
      visitIf(node, held, stack);
      return;
    }
    if (node.nodeType === "VariableDeclarationStatement" || node.nodeType === "Assignment") {
      const value = node.initialValue ?? node.rightHandSide;
      visit(value, held, stack);
      const errors = errorsIn(value, held);
      const variables = node.declarations ?? [node.leftHandSide];
      for (const variable of variables) {
        const key =
          variable?.referencedDeclaration ?? variable?.baseExpression?.referencedDeclaration ?? variable?.id;
        if (key !== undefined && errors.size > 0)
          held.set(key, new Set([...(held.get(key) ?? []), ...errors]));
      }
      return;
    }
    // A function named but not called here: handed to abi.encodeCall, or its selector to a low-level call.
    if (node.nodeType === "MemberAccess" && target?.node.functionSelector && !isOurs(id)) {
      if (target.contract) named(target.node.functionSelector, target.contract.id);
      return;
    }
    if (node.nodeType === "MemberAccess" && node.memberName === "creationCode") {
      const [, type] =
        /t_contract\$_.*_\$(\d+)/.exec(node.expression?.typeDescriptions?.typeIdentifier ?? "") ?? [];
      if (type !== undefined) named(CONSTRUCTOR, Number(type));
      return;
    }
    for (const value of Object.values(node)) if (typeof value === "object") visit(value, held, stack);
  }

  visit(test.body, new Map(), [test.id]);
  return { name: test.name, calls, mentions, asserts };
}

/**
 * @param {Tree} tree
 * @param {Node} contract
 * @param {Entry} entry
 * @returns {(call: Call) => boolean} whether a call goes to `entry` of `contract`
 */
export function reaches(tree, contract, entry) {
  return ({ selector, type }) => {
    if (selector !== entry.selector) return false;
    if (type === contract.id) return true;
    if (selector === CONSTRUCTOR) return false;
    const derived = tree.declared.get(type)?.node.linearizedBaseContracts?.includes(contract.id);
    return derived || contract.linearizedBaseContracts.includes(type);
  };
}
