import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "reports", "node_modules"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      // Numbers in template text are read by people here: durations, counts, percentages.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // tsc's noPropertyAccessFromIndexSignature is off; process.env["X"] stays readable.
      "@typescript-eslint/dot-notation": "off",
      "max-lines": ["error", { max: 300, skipComments: true }],
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  {
    // In a test, a value that is missing fails the test: that is what it is for.
    files: ["**/*.test.{ts,tsx}"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [reactHooks.configs.flat["recommended-latest"], jsxA11y.flatConfigs.strict],
  },
  {
    files: ["public/**/*.js"],
    languageOptions: { sourceType: "script", globals: globals.browser },
  },
);
