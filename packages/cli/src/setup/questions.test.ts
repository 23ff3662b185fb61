import { DoppelError } from "@doppel/base";
import { expect, it } from "vitest";
import { Questions } from "./questions.ts";

/** A person who types these lines, and what was put to him. */
function person(...lines: readonly (string | undefined)[]) {
  const heard: string[] = [];
  const left = [...lines];
  const questions = new Questions(async (question) => {
    heard.push(question);
    return left.shift();
  });
  return { questions, heard };
}

const number = {
  text: "How many",
  suggestion: "1",
  parse: (typed: string): number => {
    if (/^\d+$/.test(typed)) return Number(typed);
    throw new DoppelError("cli.usage", `a number, not "${typed}"`, {});
  },
};

it("what was answered is not asked", async () => {
  const { questions, heard } = person();
  expect(await questions.answer("--n", 7, number)).toBe(7);
  expect(heard).toEqual([]);
});

it("an empty line is the suggestion, and a wrong answer is asked for again", async () => {
  const { questions, heard } = person("", "many", " 3 ");
  expect(await questions.answer("--n", undefined, number)).toBe(1);
  expect(await questions.answer("--n", undefined, number)).toBe(3);
  expect(heard).toEqual(["How many [1]: ", "How many [1]: ", 'a number, not "many"\nHow many [1]: ']);
  expect(questions.hasPerson).toBe(true);
});

it("without a terminal everything that is missing is told at once", async () => {
  const { questions, heard } = person(undefined);
  expect(await questions.answer("--a", undefined, number)).toBeUndefined();
  expect(await questions.answer("--b", undefined, { ...number, otherwise: 5 })).toBe(5);
  expect(await questions.answer("--c", undefined, number)).toBeUndefined();
  questions.missing("--d");
  expect(() => questions.complete()).toThrow(/missing: --a, --c, --d;/);
  expect(heard).toHaveLength(1);
  expect(questions.hasPerson).toBe(false);
});

it("who ends it in the middle (Ctrl-D) stops all of it", async () => {
  const { questions } = person("2", undefined);
  await questions.answer("--a", undefined, number);
  await expect(questions.answer("--b", undefined, { ...number, otherwise: 5 })).rejects.toThrow(/stopped/);
});
