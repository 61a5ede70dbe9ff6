import { startForms } from "../forms.js";

startForms();
