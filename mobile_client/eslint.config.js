import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import react from "eslint-plugin-react";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["dist", "android", "ios", "src/api/schema.d.ts", "src/words/ids.d.ts"] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  ts.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A number in a text is what a template is for.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Our shapes are objects with names, whether written as a type or as an interface.
      "@typescript-eslint/consistent-type-definitions": "off",
      // A signature of any name is not a name of ours.
      "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
      // An empty text says nothing: the other is taken.
      "@typescript-eslint/prefer-nullish-coalescing": [
        "error",
        { ignorePrimitives: { string: true, boolean: true } },
      ],
      // A handler may be asynchronous: what it throws is caught by what it calls.
      "@typescript-eslint/no-misused-promises": [
        "error",
        { checksVoidReturn: { attributes: false, arguments: false } },
      ],
    },
  },
  {
    files: ["src/**/*.tsx"],
    plugins: { react, "react-hooks": hooks },
    extends: [a11y.flatConfigs.strict],
    settings: { react: { version: "19.3" } },
    rules: {
      ...hooks.configs.recommended.rules,
      // Every word on the screen has its place in the .ftl files; signs are no words.
      "react/jsx-no-literals": [
        "error",
        {
          noStrings: true,
          ignoreProps: true,
          allowedStrings: ["·", "–", "…", ":", "/", "+", "→", "×", "(", ")", "€"],
        },
      ],
      "react/jsx-key": "error",
      "react/self-closing-comp": "error",
      // What is focused when a sheet opens is what the hand goes to next.
      "jsx-a11y/no-autofocus": "off",
    },
  },
  {
    files: ["src/**/*.test.{ts,tsx}"],
    rules: {
      // What stands in for an answer is asynchronous as the answer is.
      "@typescript-eslint/require-await": "off",
    },
  },
  { files: ["*.js", "scripts/**/*.mjs"], extends: [ts.configs.disableTypeChecked] },
  {
    files: ["scripts/**/*.mjs"],
    languageOptions: {
      globals: { console: "readonly", fetch: "readonly", process: "readonly", URL: "readonly" },
    },
  },
);
