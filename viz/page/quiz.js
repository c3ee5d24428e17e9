// The quiz: before a step is shown, its formula or its shape is guessed.

const quiz = { on: false, asked: new Map(), right: 0, answered: 0 };
const LETTERS = "abcd";

function toggleQuiz() {
  quiz.on = !quiz.on;
  byId("tab-quiz").setAttribute("aria-pressed", quiz.on);
  if (quiz.on) showTab("step");
  refresh();
}

// The question of a step, the same whenever one comes back to it.
function showQuiz(index) {
  const box = byId("quiz"),
    question = quiz.on && questionOf(index);
  box.hidden = !quiz.on;
  const isOpen = Boolean(question && !question.answer);
  byId("step").classList.toggle("hidden-answer", isOpen);
  byId("graph").classList.toggle("no-shapes", isOpen && question.kind === "shape");
  if (!question) {
    box.replaceChildren(element("p", "soft", "No question at this step: go on."));
    return;
  }
  const line = data.steps[index].lines[question.line];
  const words =
    question.kind === "formula"
      ? ["What is ", element("code", "", line.name), "?"]
      : ["Which shape does ", element("code", "", line.name), " have?"];
  const ask = element("p", "ask");
  ask.append(...words);
  const choices = element("div", "choices");
  question.choices.forEach((choice, k) => {
    const button = element("button", "choice");
    button.append(element("span", "letter", `${LETTERS[k]} `), element("code", "", choice.text));
    button.disabled = Boolean(question.answer);
    if (question.answer) button.classList.toggle("right", choice.right === true);
    if (question.answer === choice && !choice.right) button.classList.add("wrong");
    button.onclick = () => answer(index, choice);
    choices.append(button);
  });
  const said = element("p", "say");
  if (question.answer)
    said.textContent = question.answer.shown
      ? "Here it is."
      : question.answer.right
        ? "Right."
        : `No: ${question.answer.why}`;
  const give = element("button", "give", "show it");
  give.onclick = () => answer(index, { shown: true });
  const score = element(
    "span",
    "soft",
    quiz.answered ? ` ${quiz.right} of ${quiz.answered} right` : "",
  );
  box.replaceChildren(ask, choices, ...(question.answer ? [said] : [give]), score);
}

function answer(index, choice) {
  const question = questionOf(index);
  if (question.answer) return;
  question.answer = choice;
  if (!choice.shown) quiz.answered++;
  if (choice.right) quiz.right++;
  refresh();
}

function questionOf(index) {
  if (!quiz.asked.has(index)) quiz.asked.set(index, formulaQuestion(index) ?? shapeQuestion(index));
  return quiz.asked.get(index);
}

// A formula among others that differ in what students mix up.
function formulaQuestion(index) {
  if (!live.on) return null;
  const step = data.steps[index],
    j = Math.max(0, step.lines.findIndex(line => line.tree.call)),
    line = step.lines[j];
  if (line.formula.length > 60) return null;
  const found = new Map();
  for (const wrong of mistakes(line.tree, step)) {
    const text = spell(wrong);
    if (text !== spell(line.tree) && !found.has(text) && text.length < 70)
      found.set(text, whyNot(wrong, partOf(index, j)));
  }
  const choices = [...found].filter(([, why]) => why).map(([text, why]) => ({ text, why }));
  if (!choices.length) return null;
  return {
    kind: "formula",
    line: j,
    choices: mixed(index, [{ text: line.formula, right: true }, ...choices.slice(0, 3)]),
  };
}

// Why a formula is wrong: it does not fit, has another shape, or other numbers. "" if it is right.
function whyNot(tree, part) {
  let found;
  try {
    found = evaluate(tree, live.run.values);
  } catch {
    return "these shapes do not fit together.";
  }
  if (String(found.shape) !== String(part.shape))
    return `that has the shape ${shapeText(found.shape)}.`;
  return distance(found, part) > 1e-6 ? "the shape fits, but the numbers are others." : "";
}

// The trees that come of one mistake: swapped or missing factors, signs, transposes, axes.
function* mistakes(tree, step) {
  const { call, args = [] } = tree;
  if (!call) {
    yield { call: "-x", args: [tree] };
    yield { call: "*", args: [tree, tensorTree(step)] };
  }
  if (call === "@") {
    yield { call, args: [args[1], args[0]] };
    yield { call, args: [transposed(args[0]), args[1]] };
    yield { call, args: [args[0], transposed(args[1])] };
    yield { call, args: [transposed(args[1]), transposed(args[0])] };
  }
  if (call === "*" || call === "/") {
    yield args[0];
    yield { call: call === "*" ? "/" : "*", args };
    yield { call: "*", args: [args[0], tensorTree(step)] };
  }
  if (call === "-x") yield args[0];
  if (call === "+" || call === "-") {
    yield { call: call === "+" ? "-" : "+", args };
    yield args[0];
  }
  if (call === ".sum") {
    yield args[0];
    yield {
      ...tree,
      args: [args[0], { number: args[1]?.number === "0" ? "1" : "0" }],
      settings: {},
    };
  }
  if (call === "np.maximum") yield { call: "np.minimum", args };
  if (["<", ">"].includes(call)) yield { call: call === "<" ? ">" : "<", args };
  if (call?.startsWith("np.") && args.length === 1) yield args[0];
  for (let i = 0; i < args.length; i++)
    for (const wrong of args[i].call ? mistakes(args[i], step) : [])
      yield { ...tree, args: args.with(i, wrong) };
}

const transposed = tree => (tree.call === ".T" ? tree.args[0] : { call: ".T", args: [tree] });
const tensorTree = step => ({ name: tensors.get(step.node).name });

// A shape among the shapes of other arrays.
function shapeQuestion(index) {
  const line = data.steps[index].lines[0],
    right = shapeText(partOf(index, 0).shape);
  const shapes = new Set([
    shapeText([...partOf(index, 0).shape].reverse()),
    ...data.tensors.map(t => shapeText(t.shape)),
  ]);
  shapes.delete(right);
  if (!shapes.size) return null;
  const wrong = [...shapes]
    .slice(0, 3)
    .map(text => ({ text, why: `a gradient has the shape of what it belongs to, ${right}.` }));
  if (data.steps[index].phase === "forward")
    wrong.forEach(choice => {
      choice.why = `it is ${right}.`;
    });
  return {
    kind: "shape",
    line: 0,
    name: line.name,
    choices: mixed(index, [{ text: right, right: true }, ...wrong]),
  };
}

// In an order that depends on the step only.
const mixed = (seed, list) =>
  list
    .map((x, i) => [Math.sin(97.3 * (seed + 1) * (i + 1)), x])
    .sort(([a], [b]) => a - b)
    .map(([, x]) => x);
